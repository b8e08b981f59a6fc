import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readRunReport } from "./run-report.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "protector-report-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const GOOD = { path: "packages/ports/src/a.test.ts", isOk: true, tests: [test("passed")] };

function test(state: string) {
  return { state, name: `a ${state} test`, ...(state === "skipped" ? { reason: "no broker" } : {}) };
}

function read(files: readonly object[], isGood: boolean) {
  const file = join(folder, "report.json");
  writeFileSync(file, JSON.stringify({ files, errors: 0 }));
  return readRunReport(file, isGood);
}

describe("the summary of a test run", () => {
  it("counts by package", () => {
    const path = "test/world/b.test.ts";
    const mixed = { path, isOk: false, tests: [test("passed"), test("failed"), test("skipped")] };
    expect(read([GOOD, mixed], false)).toEqual([
      { name: "packages/ports", passed: 1, failed: 0, skipped: 0, skippedTests: [] },
      {
        name: "test/world",
        passed: 1,
        failed: 1,
        skipped: 1,
        skippedTests: ["test/world/b.test.ts: a skipped test (no broker)"],
      },
    ]);
  });

  it("counts a file that could not be loaded as failed", () => {
    const [suite] = read([{ ...GOOD, isOk: false, tests: [] }], false);
    expect(suite).toMatchObject({ passed: 0, failed: 1 });
  });

  it("fails when an error happened outside of tests", () => {
    expect(read([GOOD], false)).toMatchObject([{ failed: 0 }, { failed: 1 }]);
  });

  it("fails when vitest left no report", () => {
    expect(readRunReport(join(folder, "none.json"), true)).toMatchObject([{ failed: 1 }]);
  });
});
