import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeBundle } from "../packaging/bundle.ts";
import { readRelease } from "../packaging/release.ts";
import { buildSingleExecutable } from "../packaging/single-executable.ts";
import { canRun, OPENSTACK, unpackPlugin } from "../test/openstackclient/real-openstack.ts";
import { startSandbox } from "../test/openstackclient/running-sandbox.ts";
import { memoryOf, type TimedCommand, timeOf } from "./cli/timed-command.ts";
import { printTable, readOptions, writeRows } from "./output/table.ts";

/**
 * The packaged `protector` command against the real `openstack` command on the same clouds, `npm run bench:cli --
 * [--pairs 10] [--json FILE]`. How the figures come about: docs/benchmarks.md.
 */
interface Pair {
  readonly command: string;
  readonly ours: TimedCommand;
  readonly theirs: TimedCommand;
  /** Forget the token before each run of ours. */
  readonly isLogin?: boolean;
}

const options = readOptions(["pairs"]);
const pairs = Number(options.pairs ?? "10");
const hasOpenstack = canRun();
const folder = mkdtempSync(join(tmpdir(), "protector-bench-"));
const sandbox = await startSandbox(join(folder, "sandbox"));
try {
  if (!hasOpenstack)
    process.stdout.write("openstack is not installed here, or the plugin cannot be built: ours is measured alone.\n");
  const rows = [];
  for (const pair of await commands()) rows.push(await measure(pair));
  printTable(rows);
  const asked = ["command", "ours_s", "openstack_s", "ratio", "rss_mb"] as const;
  const kept = rows.map((row) => Object.fromEntries(asked.map((name) => [name, row[name]])));
  writeRows(options.json, kept as never);
} finally {
  await sandbox.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** Every pair, with the programs as they are installed. */
async function commands(): Promise<readonly Pair[]> {
  const release = readRelease();
  await writeBundle(folder, release, process.execPath);
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n');
  const program = join(folder, "bin/protector.cjs");
  const env = {
    PATH: "/usr/bin:/bin",
    HOME: folder,
    LANG: "C.UTF-8",
    OS_CLIENT_CONFIG_FILE: sandbox.clouds,
    OS_CLOUD: "site-a",
  };
  const plugged = hasOpenstack ? { ...env, PYTHONPATH: unpackPlugin(folder), PROTECTOR_PROGRAM: program } : env;
  const { executable } = await buildSingleExecutable({
    release,
    architecture: process.arch === "arm64" ? "arm64" : "amd64",
    node: { path: process.execPath, licence: "" },
    work: join(folder, "executable"),
    destination: folder,
  });
  const ours = (...args: readonly string[]): TimedCommand => ({ argv: [program, ...args], env });
  const single = (...args: readonly string[]): TimedCommand => ({ argv: [executable, ...args], env });
  const theirs = (...args: readonly string[]): TimedCommand => ({ argv: [OPENSTACK, ...args], env: plugged });
  await timeOf(ours("protection-group", "create", "shop"));
  const list = ["protection-group", "list"] as const;
  const volumes = theirs("volume", "list");
  return [
    { command: "protector --version", ours: ours("--version"), theirs: theirs("--version") },
    { command: "protector protection-group list", ours: ours(...list), theirs: volumes },
    { command: "protector protection-group list, with login", ours: ours(...list), theirs: volumes, isLogin: true },
    { command: "single executable: --version", ours: single("--version"), theirs: theirs("--version") },
    { command: "single executable: protection-group list", ours: single(...list), theirs: volumes },
    ...(hasOpenstack
      ? [{ command: "openstack protector protection-group list", ours: theirs("protector", ...list), theirs: volumes }]
      : []),
  ];
}

async function measure({ command, ours, theirs, isLogin = false }: Pair) {
  const forget = () => {
    if (isLogin) rmSync(join(folder, ".cache/protector/tokens"), { recursive: true, force: true });
  };
  forget();
  const rss = await memoryOf(ours);
  if (hasOpenstack) await timeOf(theirs);
  const runs: { readonly ours: number; readonly theirs: number }[] = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    forget();
    runs.push({ ours: await timeOf(ours), theirs: hasOpenstack ? await timeOf(theirs) : Number.NaN });
  }
  const mine = runs.map((run) => run.ours);
  const others = runs.map((run) => run.theirs);
  return {
    command,
    ours_s: round(median(mine)),
    openstack_s: hasOpenstack ? round(median(others)) : null,
    ratio: hasOpenstack ? round(median(runs.map((run) => run.theirs / run.ours)), 100) : null,
    rss_mb: round(rss, 10),
    ours_best_s: round(Math.min(...mine)),
    openstack_best_s: hasOpenstack ? round(Math.min(...others)) : null,
  };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function round(value: number, parts = 1000): number {
  return Math.round(value * parts) / parts;
}
