import { INSTANT, TYPICAL } from "./failover/cloud-times.ts";
import { printTable, type Row, readOptions, writeRows } from "./output/table.ts";
import { measureSiteFailover } from "./site-failover/measure.ts";
import { measureMemory } from "./site-failover/measure-memory.ts";

/**
 * A planned site failover of many groups: `npm run bench:site-failover -- [--sizes 100/20,1000/120,2500/300] [--clouds
 * typical,instant,memory] [--json FILE]`. A size is servers/groups. How the figures come about: docs/benchmarks.md.
 */
const options = readOptions(["sizes", "clouds"]);
const sizes = (options.sizes ?? "100/20,1000/120,2500/300").split(",").map((size) => {
  const [servers = 0, groups = 1] = size.split("/").map(Number);
  return { servers, groups };
});
const wanted = (options.clouds ?? "typical,instant,memory").split(",");
const rows: Row[] = [];
/** Large sizes take minutes: each is told as soon as it is known. */
const measured = (row: Row) => {
  rows.push(row);
  process.stderr.write(`${JSON.stringify(row)}\n`);
};
for (const size of sizes) {
  for (const times of [TYPICAL, INSTANT]) {
    if (wanted.includes(times.name)) measured(await measureSiteFailover(times, size));
  }
  if (wanted.includes("memory")) measured(await measureMemory(size));
}
printTable(rows);
writeRows(options.json, rows);
