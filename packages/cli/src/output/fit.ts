import stringWidth from "string-width";

export const widthOf = (text: string): number => stringWidth(text);

/** Filled with blanks to a width in cells. */
export function pad(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - widthOf(text)));
}

/** Cut to a width in cells, an ellipsis at the end telling so. Only for texts without colours. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = "";
  for (const character of text) {
    if (widthOf(kept + character) > width - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

/** Broken into lines of at most `width` cells, at blanks where there are some. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const paragraph of text.split("\n")) {
    let line = "";
    for (const word of paragraph.split(" ")) {
      const longer = line ? `${line} ${word}` : word;
      if (widthOf(longer) <= width || !line) line = longer;
      else {
        lines.push(line);
        line = word;
      }
    }
    lines.push(line);
  }
  return lines;
}

/**
 * Text for people on a terminal: each line broken at blanks, what follows set in by two more, since a terminal would break
 * within words. A command at the end is kept whole, to be copied.
 * @param width cells; undefined = not a terminal, nothing is broken.
 */
export function wrapIndented(text: string, width: number | undefined): string {
  if (width === undefined) return text;
  const lines = text.split("\n").flatMap((line) => {
    if (widthOf(line) <= width) return line;
    const [, indent = "", words = "", command] = /^( *)(.*?)(?:: (protector [^.:;]*))?$/.exec(line) ?? [];
    const [first = "", ...rest] = wrap(command ? `${words}:` : words, Math.max(20, width - indent.length - 2));
    return [`${indent}${first}`, ...[...rest, ...(command ? [command] : [])].map((more) => `${indent}  ${more}`)];
  });
  return lines.join("\n");
}

/** Like {@link wrap}; what has no blank where it would have to be broken is broken all the same: no line is wider. */
export function wrapHard(text: string, width: number): readonly string[] {
  return wrap(text, width).flatMap((line) => {
    const lines = [""];
    for (const character of line) {
      const last = lines.at(-1) ?? "";
      if (widthOf(last + character) > width) lines.push(character);
      else lines[lines.length - 1] = last + character;
    }
    return lines;
  });
}

/** The widest word between blanks: what {@link wrap} cannot make narrower. */
export function longestWord(text: string): string {
  return text.split(" ").reduce((longest, word) => (widthOf(word) > widthOf(longest) ? word : longest), "");
}
