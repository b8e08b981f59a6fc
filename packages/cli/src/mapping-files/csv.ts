import type { Cell } from "./cell.ts";

/**
 * Reads comma-separated values (RFC 4180; a semicolon or tab as separator is recognised by the first line) with the place of
 * every value. Empty lines and lines that begin with `#` are left out.
 */
export function readCsv(file: string, content: string): readonly (readonly Cell[])[] {
  const text = content.replace(/^\uFEFF/, "");
  const separator = separatorOf(text);
  const rows: Cell[][] = [];
  let row: Cell[] = [];
  let [line, column, at] = [1, 1, 0];
  const step = (count = 1) => {
    for (let i = 0; i < count; i++, at++) {
      if (text[at] === "\n") {
        line++;
        column = 1;
      } else column++;
    }
  };
  const value = (): Cell => {
    const place = { file, line, column };
    let found = "";
    if (text[at] === '"') {
      step();
      while (at < text.length && (text[at] !== '"' || text[at + 1] === '"')) {
        if (text[at] === '"') step();
        found += text[at];
        step();
      }
      step();
    }
    while (at < text.length && text[at] !== separator && text[at] !== "\n") {
      found += text[at];
      step();
    }
    return { text: found.trim(), place };
  };
  while (at < text.length) {
    row.push(value());
    if (text[at] === separator) {
      step();
      if (at < text.length) continue;
    }
    rows.push(row);
    row = [];
    step();
  }
  return rows.filter((cells) => cells.some((cell) => cell.text !== "") && !cells[0]?.text.startsWith("#"));
}

function separatorOf(text: string): string {
  const first = text.slice(0, text.indexOf("\n") < 0 ? undefined : text.indexOf("\n"));
  return [",", "\t", ";"].find((each) => first.includes(each)) ?? ",";
}

/** Lines of comma-separated values. */
export function csvText(rows: readonly (readonly string[])[]): string {
  const quoted = (text: string) => (/[",;\n\r#]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return rows.map((row) => `${row.map(quoted).join(",")}\n`).join("");
}
