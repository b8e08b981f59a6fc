import type { SuiteResult } from "./run-report.ts";

/**
 * Writes what became of the suites, a line each, then why what was skipped was, and the sum as last line. Sets the exit
 * status to 1 when something failed.
 * @param reasons further sentences on what was skipped.
 */
export function writeSummary(suites: readonly SuiteResult[], reasons: readonly string[] = []): void {
  const lines = ["", "== summary", ...suites.map(lineOf)];
  const skippedTests = suites.flatMap((suite) => suite.skippedTests);
  if (skippedTests.length > 0) {
    lines.push("", "skipped:", ...[...skippedTests, ...reasons].map((line) => `  ${line}`));
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
