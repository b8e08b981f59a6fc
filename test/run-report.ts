import { readFileSync } from "node:fs";

/** What became of one suite: a tool, or the tests of one folder. */
export interface SuiteResult {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Their files, names and reasons. */
  readonly skippedTests: readonly string[];
}

/** What became of the tests of one file. */
export interface FileReport {
  /** From the root of the repository. */
  readonly path: string;
  /** False also for what failed outside of its tests: loading the file, hooks. */
  readonly isOk: boolean;
  readonly tests: readonly {
    readonly name: string;
    readonly state: string;
    /** Why it was skipped. */
    readonly reason?: string;
  }[];
}

/** What became of a run of vitest. */
export interface RunReport {
  readonly files: readonly FileReport[];
  /** Errors that belong to no file. */
  readonly errors: number;
}

/**
 * Sums up a run by package and by folder of test/.
 * @param file a {@link RunReport} as JSON.
 * @param isGood whether vitest itself ended with 0.
 */
export function readRunReport(file: string, isGood: boolean): readonly SuiteResult[] {
  let report: RunReport;
  try {
    report = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return [{ name: "vitest (no report)", passed: 0, failed: 1, skipped: 0, skippedTests: [] }];
  }
  const suites = [...Map.groupBy(report.files, ({ path }) => suiteOf(path))]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([name, members]) => sumUp(name, members));
  const isExplained = report.errors === 0 && (isGood || suites.some(({ failed }) => failed > 0));
  if (isExplained) return suites;
  const failed = Math.max(report.errors, 1);
  return [...suites, { name: "vitest (outside of tests)", passed: 0, failed, skipped: 0, skippedTests: [] }];
}

function suiteOf(path: string): string {
  const [first = "", second = ""] = path.split("/");
  return second.endsWith(".ts") ? first : `${first}/${second}`;
}

function sumUp(name: string, files: readonly FileReport[]): SuiteResult {
  const tests = files.flatMap(({ path, tests }) => tests.map((test) => ({ ...test, path })));
  const broken = files.filter(({ isOk, tests }) => !isOk && tests.every(({ state }) => state !== "failed"));
  const skipped = tests.filter(({ state }) => state !== "passed" && state !== "failed");
  return {
    name,
    passed: tests.filter(({ state }) => state === "passed").length,
    failed: tests.filter(({ state }) => state === "failed").length + broken.length,
    skipped: skipped.length,
    skippedTests: skipped.map(
      ({ path, name, reason }) => `${path}: ${name}${reason === undefined ? "" : ` (${reason})`}`,
    ),
  };
}
