import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { startMariadb } from "../test/services/index.ts";
import type { CapturedQuery } from "./api/captured-query.ts";
import { type Load, load, type Target } from "./api/load.ts";
import { printTable, readOptions, writeRows } from "./output/table.ts";

/**
 * A list of 100 of 10,000 groups: the API against a bare route with the same query, `npm run bench:api -- [--pairs 5]
 * [--seconds 5] [--groups 10000] [--json FILE]`. How the figures come about: docs/benchmarks.md.
 */
const CONNECTIONS = 4;
const options = readOptions(["pairs", "seconds", "groups"]);
const pairs = Number(options.pairs ?? "5");
const durationMs = Number(options.seconds ?? "5") * 1000;
const groups = options.groups ?? "10000";

const mariadb = await startMariadb();
const children: ChildProcess[] = [];
try {
  const ours = await start<Target & { query: CapturedQuery }>("./api/protector-server.ts", [mariadb.dsn, groups]);
  const bare = await start<Target>("./api/bare-server.ts", [mariadb.dsn, JSON.stringify(ours.query)]);
  for (const target of [ours, bare]) await load(target, CONNECTIONS, durationMs);
  const runs: { readonly ours: Load; readonly bare: Load }[] = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    runs.push({
      ours: await load(ours, CONNECTIONS, durationMs),
      bare: await load(bare, CONNECTIONS, durationMs),
    });
  }
  const rows = [
    {
      ours_rps: round(median(runs.map((run) => run.ours.requestsPerSecond))),
      bare_rps: round(median(runs.map((run) => run.bare.requestsPerSecond))),
      ratio: round(median(runs.map((run) => run.ours.requestsPerSecond / run.bare.requestsPerSecond)), 1000),
      p99_ms: round(
        quantile(
          runs.flatMap((run) => run.ours.latencies),
          0.99,
        ),
      ),
      bare_p99_ms: round(
        quantile(
          runs.flatMap((run) => run.bare.latencies),
          0.99,
        ),
      ),
      pairs,
    },
  ];
  printTable(rows);
  writeRows(options.json, rows);
} finally {
  for (const child of children) child.kill();
  await mariadb.close();
}

/** Starts a server in a process of its own and waits for its address. */
async function start<T extends Target>(file: string, args: readonly string[]): Promise<T> {
  const child = fork(new URL(file, import.meta.url), [...args]);
  children.push(child);
  const ended = once(child, "exit").then(() => {
    throw new Error(`${file} ended before it listened`);
  });
  const [message] = await Promise.race([once(child, "message"), ended]);
  ended.catch(() => {});
  return message as T;
}

function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

function round(value: number, parts = 10): number {
  return Math.round(value * parts) / parts;
}
