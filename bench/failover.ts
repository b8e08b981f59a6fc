import { INSTANT, TYPICAL } from "./failover/cloud-times.ts";
import { measureFailover } from "./failover/measure.ts";
import { printTable, readOptions, writeRows } from "./output/table.ts";

/**
 * Orchestration overhead of a planned failover: `npm run bench:failover -- [--members 10,100,1000] [--clouds
 * typical,instant] [--json FILE]`. How the figures come about: docs/benchmarks.md.
 */
const options = readOptions(["members", "clouds"]);
const sizes = (options.members ?? "10,100,1000").split(",").map(Number);
const wanted = (options.clouds ?? "typical,instant").split(",");
const rows = [];
for (const times of [TYPICAL, INSTANT]) {
  if (!wanted.includes(times.name)) continue;
  for (const members of sizes) rows.push(await measureFailover(times, members));
}
printTable(rows);
writeRows(options.json, rows);
