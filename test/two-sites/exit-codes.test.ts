import { beforeEach, expect, it } from "vitest";
import { EXIT } from "../../packages/cli/src/index.ts";
import { activeGroup } from "../../packages/server/src/api/testing.ts";
import { advanceOperations, type Findings } from "./engine-stand-in.ts";
import { type Harness, openHarness } from "./harness.ts";
import { slowly } from "./slowly.ts";

/** One way to come to an exit code. */
interface Case {
  readonly name: keyof typeof EXIT;
  readonly line: string;
  /** What has to be so before. */
  readonly before?: (harness: Harness) => void;
  readonly findings?: Findings;
  /** Ctrl-C as soon as the operation is looked at. */
  readonly isInterrupted?: boolean;
  /** Nobody works on operations. */
  readonly isStill?: boolean;
  /** What standard error says. */
  readonly says: string;
}

const silenceOf = (site: string) => (harness: Harness) => {
  harness.fate = (request) => (request.site === site ? "unreachable" : undefined);
};
const BLOCKED: Findings = { blockers: [{ check: "capacity.unavailable", reason: "no host has room" }] };

const CASES: readonly Case[] = [
  { name: "done", line: "pg list", says: "" },
  { name: "done", line: "failover shop --yes --wait", says: "completed" },
  { name: "done", line: "failover shop --yes --no-wait", says: "Accepted." },
  { name: "error", line: "pg show nobody", says: "code protection_group.not_found" },
  { name: "error", line: "failover shop --yes --wait", findings: { end: "failed" }, says: "failed" },
  { name: "usage", line: "pg crate shop", says: "unknown command 'crate'" },
  { name: "usage", line: "pg list --colour", says: "unknown option '--colour'" },
  { name: "usage", line: "pg show", says: "missing required argument 'group'" },
  { name: "usage", line: "pg list --os-cloud site-z", says: 'No cloud "site-z"' },
  { name: "usage", line: "failover shop --wait", says: "Nobody is at the terminal to confirm the plan" },
  { name: "refusedByState", line: "pg create shop", says: "code protection_group.name_exists" },
  { name: "refusedByState", line: "failover shop --yes", findings: BLOCKED, says: "" },
  { name: "refusedByState", line: "pg readiness shop", says: "" },
  {
    name: "completedWithErrors",
    line: "failover shop --yes --wait",
    findings: { end: "completed_with_errors" },
    says: "completed_with_errors",
  },
  {
    name: "timedOut",
    line: "failover shop --dry-run --timeout 1",
    isStill: true,
    says: "The plan of the planned failover was not there within 1s. Nothing has been started.",
  },
  {
    name: "peerUnreachable",
    line: "pg set shop --name other",
    before: silenceOf("site-b"),
    says: "Cannot modify protection group - remote site unreachable (site-b)",
  },
  { name: "peerUnreachable", line: "pg list", before: silenceOf("site-a"), says: "protector-api of site-a" },
  {
    name: "interrupted",
    line: "failover shop --yes --wait",
    isInterrupted: true,
    says: "Left. The operation goes on.",
  },
];

let harness: Harness;
beforeEach(async () => {
  harness = await openHarness();
  await activeGroup(harness.sites);
});

it.each(CASES.map((each) => [each.line, EXIT[each.name], each] as const))(
  "%s ends with exit code %i",
  async (...of) => {
    const [line, code, { before, findings, isInterrupted, isStill, says }] = of;
    const interrupt = new AbortController();
    harness.meanwhile = async () => {
      if (isStill) return;
      await advanceOperations(harness.sites.a, findings);
      await advanceOperations(harness.sites.b, findings);
      const { db } = harness.sites.b.database;
      const running = await db.selectFrom("dr_operations").select("id").where("status", "=", "running").execute();
      if (isInterrupted && running.length > 0) interrupt.abort(new Error("interrupted"));
    };
    before?.(harness);
    const clock = isStill ? { clock: slowly(harness) } : {};
    const ended = await harness.run(line, { interrupt: interrupt.signal, ...clock });
    expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code, stderr: expect.stringContaining(says) });
  },
);

it("has a case for every exit code", () => {
  expect(Object.keys(EXIT).filter((name) => !CASES.some((each) => each.name === name))).toEqual([]);
});
