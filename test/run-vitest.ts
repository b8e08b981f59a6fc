import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readRunReport, type SuiteResult } from "./run-report.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** A suite that has not ended by then has hung. ms */
const TIME_LIMIT = 60 * 60_000;

/** One run of vitest. */
export interface VitestRun {
  /** Heading of its output. */
  readonly name: string;
  /** What vitest gets after `run`. */
  readonly args: readonly string[];
  /** Turns the command into the one that is really started; default: as it is. */
  readonly wrap?: (command: readonly string[]) => readonly string[];
  /** Beside the variables of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** It is ended after this; what had not ended by then counts as skipped. ms */
  readonly timeLimit?: number;
}

/** Runs vitest and sums up what became of its tests. */
export async function runVitest(run: VitestRun): Promise<SuiteResult[]> {
  const { name, args, wrap = (command) => command, env, timeLimit = TIME_LIMIT } = run;
  const folder = mkdtempSync(join(tmpdir(), "protector-test-"));
  const file = join(folder, "report.json");
  try {
    const reporters = ["--reporter=default", "--reporter=./test/summary-reporter.ts"];
    const command = wrap([programOf("vitest"), "run", ...reporters, ...args]);
    const beganAt = Date.now();
    const status = await runCommand(name, command, { ...env, PROTECTOR_TEST_REPORT: file }, timeLimit);
    const isCut = run.timeLimit !== undefined && Date.now() - beganAt >= timeLimit && !existsSync(file);
    if (isCut) return [{ name, passed: 0, failed: 0, skipped: 1, skippedTests: [`${name}: its time was over`] }];
    return [...readRunReport(file, status === 0)];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A program of the packages that this repository depends on. */
export function programOf(name: string): string {
  return join(ROOT, "node_modules/.bin", name);
}

/**
 * Runs a command in the root of the repository, under a heading.
 * @returns the exit status; -1 when it could not be started or was ended by a signal.
 */
export async function runCommand(
  name: string,
  [program = "", ...args]: readonly string[],
  env: Readonly<Record<string, string>> = {},
  timeLimit = TIME_LIMIT,
): Promise<number> {
  process.stdout.write(`\n== ${name}\n`);
  const child = spawn(program, args, {
    cwd: ROOT,
    stdio: ["ignore", "inherit", "inherit"],
    timeout: timeLimit,
    env: { ...process.env, ...env },
  });
  return new Promise((resolve) => {
    child.once("error", (error) => {
      process.stdout.write(`${name}: ${error.message}\n`);
      resolve(-1);
    });
    child.once("exit", (status, signal) => {
      if (signal) process.stdout.write(`${name}: ended by ${signal}\n`);
      resolve(status ?? -1);
    });
  });
}
