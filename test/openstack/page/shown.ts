/**
 * What is missing in an output for it to be what the page shows: the lines of the page in their order (rows of a table in
 * any), others may stand between them. `<…>` stands for a word, `...` for anything; widths of columns do not count.
 * @returns the first line of the page that is not there; undefined when all are.
 */
export function missingLine(shown: string, output: string): string | undefined {
  const lines = output.split(/\r?\n/);
  let from = 0;
  for (const line of shown.split("\n").filter((each) => each.trim() !== "")) {
    const pattern = patternOf(line);
    const isRow = line.startsWith("|");
    const at = lines.findIndex((each, index) => (isRow || index >= from) && pattern.test(each));
    if (at === -1) return line;
    from = isRow ? from : at + 1;
  }
  return undefined;
}

function patternOf(line: string): RegExp {
  if (/^[+-]+$/.test(line)) return /^[+-]+$/;
  const parts = line.trim().split(/(<[^>]+>|\.\.\.|\s+)/);
  const source = parts.map((part) => {
    if (part === "...") return ".*";
    if (/^<.+>$/.test(part)) return "\\S+";
    return /^\s+$/.test(part) ? "\\s+" : RegExp.escape(part);
  });
  return new RegExp(`^\\s*${source.join("")}\\s*$`);
}
