import { printTable, type Row, readOptions, writeRows } from "./output/table.ts";
import { measureWatches } from "./watches/measure.ts";
import { measureWatchMemory } from "./watches/measure-memory.ts";

/**
 * What an engine's watches cost with many groups: `npm run bench:watches -- [--groups 1000,10000] [--json FILE]`. How the
 * figures come about: docs/benchmarks.md.
 */
const options = readOptions(["groups"]);
const sizes = (options.groups ?? "1000,10000").split(",").map(Number);
const rows: Row[] = [];
const memory: Row[] = [];
/** Large sizes take minutes: each row is told as soon as it is known. */
const measured = (to: Row[]) => (row: Row) => {
  to.push(row);
  process.stderr.write(`${JSON.stringify(row)}\n`);
};
for (const groups of sizes) {
  await measureWatches(groups, measured(rows));
  measured(memory)(await measureWatchMemory(groups));
}
printTable(rows);
process.stdout.write("\n");
printTable(memory);
writeRows(options.json, [...rows, ...memory]);
