import { INSTANT, TYPICAL } from "./failover/cloud-times.ts";
import { measureFailover, WORKS } from "./failover/measure.ts";
import { measureFailoverMemory } from "./failover/measure-memory.ts";
import { printTable, type Row, readOptions, writeRows } from "./output/table.ts";

/**
 * Orchestration overhead of a failover of one group, and what its plan and a look at its readiness take: `npm run
 * bench:failover -- [--members 10,100,1000] [--clouds typical,instant] [--work planned,unplanned,plan,readiness] [--json FILE]`.
 * `--clouds memory` measures the memory of an engine in a process of its own. How the figures come about: docs/benchmarks.md.
 */
const options = readOptions(["members", "clouds", "work"]);
const sizes = (options.members ?? "10,100,1000").split(",").map(Number);
const wanted = (options.clouds ?? "typical,instant").split(",");
const works = (options.work ?? "planned").split(",");
const rows: Row[] = [];
/** Large groups take minutes: each row is told as soon as it is known. */
const measured = (row: Row) => {
  rows.push(row);
  process.stderr.write(`${JSON.stringify(row)}\n`);
};
for (const times of [TYPICAL, INSTANT]) {
  if (!wanted.includes(times.name)) continue;
  for (const members of sizes) {
    for (const work of WORKS) if (works.includes(work)) measured(await measureFailover(times, members, work));
  }
}
if (wanted.includes("memory")) {
  for (const members of sizes) {
    for (const work of WORKS) if (works.includes(work)) measured(await measureFailoverMemory(members, work));
  }
}
printTable(rows);
writeRows(options.json, rows);
