/** Looks up the text of an option as written; undefined when there is no such option or it has no text. */
export type TextLookup = (section: string, name: string) => string | undefined;

/** A `$option` that leads back to itself. */
export class InterpolationLoop extends Error {
  override readonly name = "InterpolationLoop";
}

/**
 * Replaces `$option`, `${option}`, `$section.option` and `${section.option}`; `$$` and `\$` stand for a dollar sign. A name
 * without a section is looked for in the option's own section, then in `[DEFAULT]`. What is no option stays as it is, so
 * that a password may hold a dollar sign.
 *
 * @throws InterpolationLoop
 */
export function interpolate(text: string, section: string, lookup: TextLookup, seen: readonly string[] = []): string {
  return text.replace(
    /\$\$|\\\$|\$(?:\{([A-Za-z_][\w.]*)\}|([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)?))/g,
    (whole, braced?: string, plain?: string) => {
      const reference = braced ?? plain;
      if (reference === undefined) return "$";
      const found = locate(reference, section, lookup);
      if (!found) return whole;
      const id = `${found.section}.${found.name}`;
      if (seen.includes(id)) throw new InterpolationLoop([...seen, id].join(" → "));
      return interpolate(found.text, found.section, lookup, [...seen, id]) + found.rest;
    },
  );
}

function locate(reference: string, section: string, lookup: TextLookup) {
  const dot = reference.indexOf(".");
  const head = dot < 0 ? reference : reference.slice(0, dot);
  const tail = dot < 0 ? "" : reference.slice(dot + 1);
  if (tail) {
    const text = lookup(head, tail);
    if (text !== undefined) return { section: head, name: tail, text, rest: "" };
  }
  for (const candidate of [section, "DEFAULT"]) {
    const text = lookup(candidate, head);
    // `$host.log` is the option `host` followed by a file ending.
    if (text !== undefined) return { section: candidate, name: head, text, rest: tail ? `.${tail}` : "" };
  }
  return undefined;
}
