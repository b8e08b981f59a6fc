import { writeFileSync } from "node:fs";
import type { Reporter, TestModule } from "vitest/node";
import type { FileReport, RunReport } from "./run-report.ts";

/** Writes what became of each test to the file that `PROTECTOR_TEST_REPORT` names. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const file = process.env.PROTECTOR_TEST_REPORT;
    const report: RunReport = { files: modules.map(fileReport), errors: unhandledErrors.length };
    if (file !== undefined) writeFileSync(file, JSON.stringify(report));
  }
}

function fileReport(module: TestModule): FileReport {
  const tests = [...module.children.allTests()].map((test) => {
    const result = test.result();
    const reason = result.state === "skipped" ? result.note : undefined;
    return { name: test.fullName, state: result.state, ...(reason === undefined ? {} : { reason }) };
  });
  return { path: module.relativeModuleId, isOk: module.ok(), tests };
}
