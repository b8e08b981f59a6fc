import { CALLERS, RIGHTS, RIGHTS_ROWS, type RightName, type RightsRow } from "./rights.ts";

/** What docs/rights.md says of rights, made from what the tests try. */
export function rightsTables(): string {
  const rights = (Object.keys(RIGHTS) as RightName[]).map((name) => {
    const rows = RIGHTS_ROWS.filter((row) => row.with === name);
    const opens = [...new Set(rows.map(({ opens }) => opens))].join("; ");
    return [RIGHTS[name].right, RIGHTS[name].give, opens];
  });
  const calls = RIGHTS_ROWS.map((row: RightsRow) => [
    row.name,
    row.call,
    ...CALLERS.map((caller) => row.outcomes[caller]),
  ]);
  return [
    "### What an administrator gives",
    table(["Right", "How", "Opens"], rights),
    "### Who may make which call",
    table(["Call", "Request", ...CALLERS], calls),
  ].join("\n\n");
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(titles), line(titles.map(() => "---")), ...rows.map(line)].join("\n");
}
