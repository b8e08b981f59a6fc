/** One `name = value` of a file, where it stands. */
export interface IniEntry {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly section: string;
  readonly name: string;
  /** As written, without surrounding quotes; continuation lines joined by line feeds. */
  readonly value: string;
}

/** A line that cannot be read. */
export interface IniFault {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

export interface IniFile {
  readonly entries: readonly IniEntry[];
  readonly faults: readonly IniFault[];
}

/**
 * Reads the INI form of oslo.config: `[section]`, `name = value` or `name: value`, comments by `#` or `;` at the start of
 * a line, a value going on in lines that begin with white space. A repeated name gives several entries, in order.
 * Source: https://docs.openstack.org/oslo.config/latest/configuration/format.html
 */
export function parseIni(text: string, file: string): IniFile {
  const entries: (IniEntry & { readonly lines: string[] })[] = [];
  const faults: IniFault[] = [];
  let section: string | undefined;
  let open: string[] | undefined;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = index + 1;
    const trimmed = raw.trim();
    if (trimmed === "") {
      open = undefined;
    } else if (/^[#;]/.test(raw)) {
      // A comment between continuation lines does not end the value.
    } else if (/^\s/.test(raw) && open) {
      open.push(trimmed);
    } else if (trimmed.startsWith("[")) {
      open = undefined;
      const name = /^\[([^\]]+)\]$/.exec(trimmed)?.[1]?.trim();
      if (name) section = name;
      else faults.push({ file, line, text: `"${trimmed}" is no section: [name] is` });
    } else {
      const found = /^([^:=]*?)\s*[:=]\s*(.*)$/.exec(trimmed);
      open = undefined;
      if (!found?.[1]) faults.push({ file, line, text: `"${shorten(trimmed)}" is neither a section nor name = value` });
      else if (section === undefined)
        faults.push({ file, line, text: `${found[1]} stands before the first [section]` });
      else {
        open = [found[2] ?? ""];
        entries.push({ file, line, section, name: found[1], value: "", lines: open });
      }
    }
  }
  return {
    entries: entries.map(({ lines, ...entry }) => ({ ...entry, value: unquoted(lines.join("\n").trim()) })),
    faults,
  };
}

function unquoted(value: string): string {
  const first = value[0];
  return value.length > 1 && (first === '"' || first === "'") && value.endsWith(first) ? value.slice(1, -1) : value;
}

/** A line that is no assignment may still hold a secret: only its first word is shown. */
function shorten(line: string): string {
  const [word = ""] = line.split(/\s/);
  return word === line ? `${line.slice(0, 20)}` : `${word.slice(0, 20)} …`;
}
