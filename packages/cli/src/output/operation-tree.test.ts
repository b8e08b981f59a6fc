import { stripVTControlCharacters } from "node:util";
import type { Operation, OperationStep } from "@protector/contract";
import { describe, expect, it } from "vitest";
import { memberRows } from "./member-rows.ts";
import { OperationLines } from "./operation-lines.ts";
import { operationTree } from "./operation-tree.ts";
import { coloured, plain } from "./style.ts";

const NOW = Date.parse("2026-03-01T12:01:30Z");
const MEMBERS: Readonly<Record<string, string>> = { m1: "web-1", m2: "db-1" };

const operation: Operation = {
  id: "o1",
  type: "failover",
  mode: "planned",
  status: "running",
  is_dry_run: false,
  protection_group_id: "g1",
  protection_group_name: "shop",
  recovery_plan_id: null,
  parent_id: null,
  displaced_by: null,
  project_id: "p1",
  user_id: "u1",
  site_id: "s1",
  phase: "quiesce",
  progress: 0.427,
  remaining_seconds: 95,
  gives_up_at: null,
  status_reason: null,
  error: null,
  is_past_no_return: false,
  verbs: [],
  plan: null,
  members: [],
  recovery_point: null,
  data_loss_seconds: null,
  downtime_seconds: null,
  leftovers: [],
  request_id: null,
  created_at: "2026-03-01T12:00:00Z",
  started_at: "2026-03-01T12:00:00Z",
  finished_at: null,
  updated_at: "2026-03-01T12:01:00Z",
};

function step(
  key: string,
  phase: string,
  status: OperationStep["status"],
  more: Partial<OperationStep> = {},
): OperationStep {
  const isBegun = status !== "pending";
  const isOver = ["completed", "failed", "skipped", "undone"].includes(status);
  return {
    key,
    sequence: 0,
    kind: "ensure",
    title: key,
    phase,
    site: "source",
    member_id: null,
    depends_on: [],
    status,
    attempt: 1,
    progress: null,
    message: null,
    error: null,
    started_at: isBegun ? "2026-03-01T12:01:00Z" : null,
    finished_at: isOver ? "2026-03-01T12:01:08Z" : null,
    ...more,
  };
}

const STEPS = [
  step("Read both markers", "check", "completed"),
  step("Check quota", "check", "completed"),
  step("Stop", "quiesce", "running", { member_id: "m1", message: "waiting for SHUTOFF", attempt: 2 }),
  step("Stop db-1", "quiesce", "waiting", { member_id: "m2", progress: 0.5 }),
  step("Lock", "quiesce", "completed", { member_id: "m1" }),
  step("Clone volumes", "recover", "pending"),
];

const options = { width: 80, stepLines: 5, now: NOW, paint: plain, memberName: (id: string) => MEMBERS[id] };

it("says of a run that only plans that it is one", () => {
  const moment = { operation: { ...operation, is_dry_run: true }, steps: [], silence: undefined };
  expect(operationTree(moment, { ...options, width: 120 })[0]).toMatch(/^dry run of a planned failover of /);
});

describe("the rows of an operation's members", () => {
  const look = { width: 80, lines: 10, now: NOW, paint: plain, memberName: (id: string) => MEMBERS[id] };

  it("tell of each member its state, steps, time, and what is done with it", () => {
    expect(memberRows({ operation, steps: STEPS, silence: undefined }, look)).toEqual([
      "  members (2)",
      "    running    web-1  1/2  30s  Stop",
      "    waiting    db-1   0/1  30s  Stop db-1  50 %",
    ]);
  });

  it("keep to their lines with hundreds of members, failures first, and count the others by state", () => {
    const many = Array.from({ length: 300 }, (_, i) =>
      step(`Stop vm-${i}`, "quiesce", i === 250 ? "failed" : i < 100 ? "completed" : "pending", {
        member_id: `vm-${i}`,
      }),
    );
    const rows = memberRows({ operation, steps: many, silence: undefined }, { ...look, lines: 5 });
    expect(rows).toEqual([
      "  members (300)",
      "    failed     vm-250  0/1  8s  Stop vm-250",
      "    pending    vm-100  0/1",
      "    pending    vm-101  0/1",
      "    … 297 more: 197 pending, 100 done",
    ]);
  });

  it("take the place of the members' steps under their phase, failed ones excepted", () => {
    const failed = step("Lock db-1", "quiesce", "failed", { member_id: "m2" });
    const moment = { operation, steps: [...STEPS, failed], silence: undefined };
    const lines = operationTree(moment, { ...options, hasMemberRows: true });
    expect(lines.filter((line) => line.startsWith("      "))).toEqual(["      failed     Lock db-1"]);
  });

  it("are none once the operation has ended, and for one member", () => {
    const ended: Operation = { ...operation, status: "completed" };
    expect(memberRows({ operation: ended, steps: STEPS, silence: undefined }, look)).toEqual([]);
    const [, , one] = STEPS;
    expect(memberRows({ operation, steps: one ? [one] : [], silence: undefined }, look)).toEqual([]);
  });
});

describe("the tree of an operation", () => {
  it("collapses phases that are done or to come, and shows who is at work", () => {
    expect(operationTree({ operation, steps: STEPS, silence: undefined }, options)).toEqual([
      'planned failover of "shop"  running  42 %  elapsed 1m 30s  about 1m 35s left',
      "  done       check     2 steps          8s",
      "  running    quiesce   1 of 3 steps     30s",
      "      running    Stop (web-1)  30s  try 2  waiting for SHUTOFF",
      "      waiting    Stop db-1  50 %  30s",
      "  pending    recover   0 of 1 step",
    ]);
  });

  it("keeps to its lines with hundreds of members, failures first", () => {
    const many = Array.from({ length: 300 }, (_, i) => step(`Stop vm-${i}`, "quiesce", "running"));
    const failed = step("Stop vm-x", "quiesce", "failed", {
      error: { code: "x", status: 502, title: "", detail: "Nova said no", links: [] },
    });
    const lines = operationTree({ operation, steps: [...many, failed], silence: undefined }, options);
    expect(lines).toHaveLength(2 + 5 + 1);
    expect(lines[1]).toBe("  failed     quiesce   0 of 301 steps   30s");
    expect(lines[2]).toBe("      failed     Stop vm-x  Nova said no");
    expect(lines.at(-1)).toBe("      … 296 more at work or failed");
  });

  it("never writes a line wider than the terminal", () => {
    const wide = step("A title of a step that is far too long for it", "recover", "running", {
      message: "x".repeat(200),
    });
    const lines = operationTree({ operation, steps: [wide], silence: undefined }, { ...options, width: 60 });
    for (const line of lines.slice(1)) expect(line.length).toBeLessThanOrEqual(60);
  });

  it("says so while a site is silent, and why an operation ended", () => {
    const error = { code: "protector.quota.exceeded", status: 409, title: "", detail: "4 cores needed", links: [] };
    const ended = {
      ...operation,
      status: "failed" as const,
      error,
      finished_at: "2026-03-01T12:00:40Z",
      remaining_seconds: null,
    };
    const lines = operationTree({ operation: ended, steps: [], silence: undefined }, options);
    expect(lines).toEqual(['planned failover of "shop"  failed  42 %  elapsed 40s', "  4 cores needed"]);
  });

  it("shows nothing as running in an operation that stands still", () => {
    const paused: Operation = { ...operation, status: "paused" };
    const lines = operationTree({ operation: paused, steps: STEPS, silence: undefined }, options);
    expect(lines.join("\n")).not.toMatch(/running|left/);
    expect(lines.find((line) => line.includes("quiesce"))).toMatch(/^ {2}stopped {4}quiesce/);
  });

  it("says states in words, whatever the colours", () => {
    const lines = operationTree({ operation, steps: STEPS, silence: undefined }, { ...options, paint: coloured });
    const bare = lines.map((line) => stripVTControlCharacters(line));
    expect(bare).toEqual(operationTree({ operation, steps: STEPS, silence: undefined }, options));
  });
});

describe("an operation in a log", () => {
  it("gives the reason for which it waits, with the way out, once", () => {
    const lines = new OperationLines({
      memberName: () => undefined,
      clock: { now: () => Date.parse("2026-03-01T12:01:05Z") },
    });
    const detail = "nova: no answer: ECONNREFUSED";
    const waiting: Operation = {
      ...operation,
      status: "waiting",
      status_reason: `waiting: Stop web-1: ${detail}. If the source is lost: resume --as unplanned`,
      error: { code: "cloud.unreachable", status: 503, title: "", detail, links: [] },
    };
    const told = "Stop web-1: nova: no answer: ECONNREFUSED. If the source is lost: resume --as unplanned";
    expect(lines.next({ operation: waiting, steps: [], silence: undefined })).toEqual([
      `2026-03-01T12:01:05Z planned failover o1: waiting: ${told}`,
    ]);
    const tree = operationTree({ operation: waiting, steps: [], silence: undefined }, { ...options, width: 40 });
    expect(
      tree
        .slice(1)
        .map((line) => line.trim())
        .join(" "),
    ).toBe(told);
  });

  it("tells once a minute what it still waits for, through the looks that make it run for a moment", () => {
    let now = Date.parse("2026-03-01T12:00:00Z");
    const lines = new OperationLines({ memberName: () => undefined, clock: { now: () => now } });
    const waiting: Operation = { ...operation, status: "waiting", status_reason: "waiting: Stop web-1: no answer" };
    const told: string[] = [];
    for (let second = 0; second < 125; second += 1) {
      const isLook = second === 90;
      told.push(...lines.next({ operation: isLook ? operation : waiting, steps: [], silence: undefined }));
      now += 1000;
    }
    expect(told).toEqual([
      "2026-03-01T12:00:00Z planned failover o1: waiting: Stop web-1: no answer",
      "2026-03-01T12:01:00Z planned failover o1: still waiting after 1m 00s: Stop web-1: no answer",
      "2026-03-01T12:01:30Z planned failover o1: running",
      "2026-03-01T12:01:31Z planned failover o1: waiting: Stop web-1: no answer",
    ]);
    now += 60_000;
    expect(lines.next({ operation: waiting, steps: [], silence: undefined })).toEqual([
      "2026-03-01T12:03:05Z planned failover o1: still waiting after 3m 05s: Stop web-1: no answer",
    ]);
    const other = { ...waiting, status_reason: "waiting: Lock web-1: no answer" };
    expect(lines.next({ operation: other, steps: [], silence: undefined })).toHaveLength(1);
    now += 61_000;
    expect(lines.next({ operation: other, steps: [], silence: undefined })[0]).toContain("still waiting after 1m 01s");
  });

  it("tells a step's progress with the time of the news, and does not repeat it at its end", () => {
    let now = Date.parse("2026-03-01T12:01:05Z");
    const lines = new OperationLines({ memberName: () => undefined, clock: { now: () => now } });
    const at = (message: string) => step("Transfer", "prepare", "running", { message });
    lines.next({ operation, steps: [at("0 % transferred")], silence: undefined });
    now += 30_000;
    expect(lines.next({ operation, steps: [at("50 % transferred")], silence: undefined })).toEqual([
      "2026-03-01T12:01:35Z prepare: Transfer: running: 50 % transferred",
    ]);
    const done = step("Transfer", "prepare", "completed", { message: "50 % transferred" });
    expect(lines.next({ operation, steps: [done], silence: undefined })).toEqual([
      "2026-03-01T12:01:08Z prepare: Transfer: completed",
    ]);
  });

  it("gives one line per change and none for what stays", () => {
    const lines = new OperationLines({
      memberName: (id) => MEMBERS[id],
      clock: { now: () => Date.parse("2026-03-01T12:01:05Z") },
    });
    const first = lines.next({ operation, steps: STEPS.slice(2, 3), silence: undefined });
    expect(first).toEqual([
      "2026-03-01T12:01:05Z planned failover o1: running",
      "2026-03-01T12:01:00Z quiesce: Stop (web-1): running: waiting for SHUTOFF",
    ]);
    expect(lines.next({ operation, steps: STEPS.slice(2, 3), silence: undefined })).toEqual([]);
    const done = step("Stop", "quiesce", "completed", { member_id: "m1" });
    expect(lines.next({ operation, steps: [done], silence: undefined })).toEqual([
      "2026-03-01T12:01:08Z quiesce: Stop (web-1): completed",
    ]);
  });
});
