import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";

/** One line of a bench's result. */
export type Row = Readonly<Record<string, string | number | null>>;

/** Prints rows as a table; numbers to the right, null as `-`. */
export function printTable(rows: readonly Row[]): void {
  const columns = Object.keys(rows[0] ?? {});
  const cells = rows.map((row) => columns.map((column) => textOf(row[column])));
  const widths = columns.map((column, index) =>
    Math.max(column.length, ...cells.map((line) => line[index]?.length ?? 0)),
  );
  const line = (values: readonly string[]) =>
    `${values.map((value, index) => value.padStart(widths[index] ?? 0)).join("  ")}\n`;
  process.stdout.write(line(columns));
  process.stdout.write(line(widths.map((width) => "-".repeat(width))));
  for (const cell of cells) process.stdout.write(line(cell));
}

/** Writes `{"rows": [...]}` when a file was asked for. */
export function writeRows(file: string | undefined, rows: readonly Row[]): void {
  if (file !== undefined) writeFileSync(file, `${JSON.stringify({ rows }, null, 2)}\n`);
}

/** The command line of a bench: `--json FILE` and its own options, all with values. */
export function readOptions<Name extends string>(names: readonly Name[]): Partial<Record<Name | "json", string>> {
  const options = Object.fromEntries([...names, "json"].map((name) => [name, { type: "string" as const }]));
  return parseArgs({ options }).values as Partial<Record<Name | "json", string>>;
}

function textOf(value: string | number | null | undefined): string {
  return value === null || value === undefined ? "-" : String(value);
}
