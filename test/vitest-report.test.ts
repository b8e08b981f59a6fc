import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readVitestReport } from "./vitest-report.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "protector-report-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const GOOD = { name: "/root/packages/ports/src/a.test.ts", status: "passed", assertionResults: [test("passed")] };

function test(status: string) {
  return { status, fullName: `a ${status} test` };
}

function read(testResults: readonly object[], isGood: boolean) {
  const file = join(folder, "report.json");
  writeFileSync(file, JSON.stringify({ testResults }));
  return readVitestReport(file, "/root", isGood);
}

describe("the summary of a test run", () => {
  it("counts by package", () => {
    const name = "/root/test/world/b.test.ts";
    const mixed = { name, status: "failed", assertionResults: [test("passed"), test("failed"), test("skipped")] };
    expect(read([GOOD, mixed], false)).toEqual([
      { name: "packages/ports", passed: 1, failed: 0, skipped: 0, skippedTests: [] },
      { name: "test/world", passed: 1, failed: 1, skipped: 1, skippedTests: ["test/world/b.test.ts: a skipped test"] },
    ]);
  });

  it("counts a file that could not be loaded as failed", () => {
    const [suite] = read([{ ...GOOD, status: "failed", assertionResults: [] }], false);
    expect(suite).toMatchObject({ passed: 0, failed: 1 });
  });

  it("fails when an error happened outside of tests", () => {
    expect(read([GOOD], false)).toMatchObject([{ failed: 0 }, { failed: 1 }]);
  });

  it("fails when vitest left no report", () => {
    expect(readVitestReport(join(folder, "none.json"), "/root", true)).toMatchObject([{ failed: 1 }]);
  });
});
