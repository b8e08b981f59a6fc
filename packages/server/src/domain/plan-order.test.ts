import { describe, expect, it } from "vitest";
import { type GroupInRun, runSeconds, turnsOf } from "./plan-order.ts";

function group(key: string, more: Partial<GroupInRun> = {}): GroupInRun {
  const usual = { tiers: { plan: 0 }, dependsOn: [], delaySeconds: 0, isCritical: false } as const;
  return { key, name: key, ...usual, course: "pending", endedAt: null, ...more };
}

const ended = { course: "completed", endedAt: 5000 } as const;
const failed = { course: "failed", endedAt: 5000 } as const;
const later = { tiers: { plan: 1 } };

describe("whose turn it is", () => {
  it("is everybody's of the lowest tier, and of the next one when all of it has ended, however it ended", () => {
    expect(turnsOf([group("a"), group("b", later)]).get("b")).toEqual({ kind: "waits" });
    expect(turnsOf([group("a", failed), group("b", later)]).get("b")).toEqual({ kind: "ready", at: 0 });
  });

  it("is after what it depends on, so many seconds later, and never when that has failed", () => {
    const b = group("b", { dependsOn: ["a"], delaySeconds: 30 });
    expect(turnsOf([group("a", ended), b]).get("b")).toEqual({ kind: "ready", at: 35_000 });
    expect(turnsOf([group("a", { course: "active" }), b]).get("b")).toEqual({ kind: "waits" });
    expect(turnsOf([group("a", failed), b]).get("b")).toMatchObject({
      kind: "held",
      reason: expect.stringMatching(/"a"/),
    });
  });

  it("is nobody's of a later tier when a critical group has failed, and still everybody's of the same tier", () => {
    const turns = turnsOf([group("a", { ...failed, isCritical: true }), group("b"), group("c", later)]);
    expect(turns.get("b")).toEqual({ kind: "ready", at: 0 });
    expect(turns.get("c")).toMatchObject({ kind: "held" });
  });

  it("compares tiers of one plan only", () => {
    expect(turnsOf([group("a"), group("b", { tiers: { other: 3 } })]).get("b")).toEqual({ kind: "ready", at: 0 });
  });
});

describe("the time that a run takes", () => {
  it("follows from order and concurrency", () => {
    const groups = [group("a"), group("b"), group("c"), group("d", later)];
    expect(runSeconds(groups, 3, () => 10)).toBe(20);
    expect(runSeconds(groups, 1, () => 10)).toBe(40);
    expect(runSeconds(groups, 2, (key) => (key === "a" ? 25 : 10))).toBe(35);
  });

  it("is unknown where the order contradicts itself", () => {
    const groups = [group("a", { dependsOn: ["b"] }), group("b", { dependsOn: ["a"] })];
    expect(runSeconds(groups, 5, () => 10)).toBeUndefined();
    const tiers = [group("a", { tiers: { one: 0, two: 1 } }), group("b", { tiers: { one: 1, two: 0 } })];
    expect(runSeconds(tiers, 5, () => 10)).toBeUndefined();
  });
});
