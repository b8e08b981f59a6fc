#!/usr/bin/env node
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readRunReport, type SuiteResult } from "./run-report.ts";
import { SERVICE_NAMES, whyMissing } from "./services/binaries.ts";

/*
 * `npm test`: linter, type checker and every vitest project. All run even when one fails. The last line sums up;
 * linter and type checker count as one test each. Arguments go to vitest: `npm test -- packages/client`.
 */

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** A suite that has not ended by then has hung. ms */
const TIME_LIMIT = 60 * 60_000;

const results = [
  await check("lint", ["biome", "ci", "--colors=off", "."]),
  await check("typecheck", ["tsc", "--noEmit", "--pretty", "false"]),
  ...(await vitest()),
];
report(results);

/** Runs a tool that passes or fails as a whole. */
async function check(name: string, words: readonly string[]): Promise<SuiteResult> {
  const isGood = (await run(name, words)) === 0;
  return { name, passed: isGood ? 1 : 0, failed: isGood ? 0 : 1, skipped: 0, skippedTests: [] };
}

async function vitest(): Promise<readonly SuiteResult[]> {
  const folder = mkdtempSync(join(tmpdir(), "protector-test-"));
  const file = join(folder, "report.json");
  try {
    process.env.PROTECTOR_TEST_REPORT = file;
    const words = ["vitest", "run", "--reporter=default", "--reporter=./test/summary-reporter.ts"];
    const status = await run("vitest", [...words, ...process.argv.slice(2)]);
    return readRunReport(file, status === 0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns the exit status; -1 when it could not be started or was ended by a signal. */
async function run(name: string, [program = "", ...args]: readonly string[]): Promise<number> {
  process.stdout.write(`\n== ${name}\n`);
  const command = join(ROOT, "node_modules/.bin", program);
  const child = spawn(command, args, { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"], timeout: TIME_LIMIT });
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

function report(suites: readonly SuiteResult[]): void {
  const lines = ["", "== summary", ...suites.map(lineOf)];
  const skippedTests = suites.flatMap((suite) => suite.skippedTests);
  if (skippedTests.length > 0) {
    const reasons = SERVICE_NAMES.flatMap((name) => whyMissing(name) ?? []);
    lines.push("", "skipped:", ...skippedTests.map((test) => `  ${test}`), ...reasons.map((reason) => `  ${reason}`));
  }
  const total = (key: "passed" | "failed" | "skipped") => suites.reduce((sum, suite) => sum + suite[key], 0);
  const skipped = total("skipped") === 0 ? "" : `, ${total("skipped")} skipped`;
  lines.push("", `${total("passed")} passed, ${total("failed")} failed${skipped}`);
  process.stdout.write(`${lines.join("\n")}\n`);
  process.exitCode = total("failed") === 0 ? 0 : 1;
}

function lineOf({ name, passed, failed, skipped }: SuiteResult): string {
  return `${name.padEnd(24)} ${passed} passed, ${failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`;
}
