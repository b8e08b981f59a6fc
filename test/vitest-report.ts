import { readFileSync } from "node:fs";
import { relative } from "node:path";

/** What became of one suite: a tool, or the tests of one folder. */
export interface SuiteResult {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Their files and names. */
  readonly skippedTests: readonly string[];
}

/** What we read of vitest's JSON report; its form is that of Jest. */
interface VitestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

/**
 * Sums up vitest's JSON report by package and by folder of test/.
 * @param isGood whether vitest itself ended with 0: errors outside of tests are in its exit status only.
 */
export function readVitestReport(file: string, root: string, isGood: boolean): readonly SuiteResult[] {
  let report: VitestReport;
  try {
    report = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return [{ name: "vitest (no report)", passed: 0, failed: 1, skipped: 0, skippedTests: [] }];
  }
  const files = report.testResults.map((result) => ({ ...result, name: relative(root, result.name) }));
  const suites = [...Map.groupBy(files, ({ name }) => suiteOf(name))]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([name, members]) => sumUp(name, members));
  if (isGood || suites.some(({ failed }) => failed > 0)) return suites;
  return [...suites, { name: "vitest (outside of tests)", passed: 0, failed: 1, skipped: 0, skippedTests: [] }];
}

function suiteOf(path: string): string {
  const [first = "", second = ""] = path.split("/");
  return second.endsWith(".ts") ? first : `${first}/${second}`;
}

function sumUp(name: string, files: VitestReport["testResults"]): SuiteResult {
  const tests = files.flatMap((file) => file.assertionResults.map((test) => ({ ...test, file: file.name })));
  const broken = files.filter(({ status, assertionResults }) => {
    return status === "failed" && assertionResults.every((test) => test.status !== "failed");
  });
  const skipped = tests.filter(({ status }) => status !== "passed" && status !== "failed");
  return {
    name,
    passed: tests.filter(({ status }) => status === "passed").length,
    failed: tests.filter(({ status }) => status === "failed").length + broken.length,
    skipped: skipped.length,
    skippedTests: skipped.map(({ file, fullName }) => `${file}: ${fullName}`),
  };
}
