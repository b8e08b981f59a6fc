import type { RecoveryPoint } from "@protector/storage";
import { describe, expect, it } from "vitest";
import { checkArrayRoom } from "./array-room.ts";
import { checkExpiry } from "./expiry.ts";
import { checkPoints } from "./recovery-point-age.ts";

const NOW = Date.UTC(2026, 2, 1, 12);
const MINUTE = 60_000;

function point(ageMinutes: number, progress = 1): RecoveryPoint {
  const createdAt = NOW - ageMinutes * MINUTE;
  const isUsable = progress === 1;
  const completedAt = isUsable ? createdAt + MINUTE : undefined;
  return { group: "g", suffix: `p${ageMinutes}`, createdAt, completedAt, progress, isUsable, bytesSent: 0 };
}

function pointFindings(...points: readonly RecoveryPoint[]) {
  const facts = { groupName: "shop", siteName: "site-b", rpoMinutes: 15, intervalMs: 5 * MINUTE, now: NOW };
  return checkPoints({ ...facts, points }).map(({ severity, check }) => `${severity} ${check}`);
}

describe("recovery points", () => {
  it.each([
    { what: "fresh and complete", points: [point(4), point(9)], found: [] },
    { what: "the newest on its way", points: [point(1, 0.5), point(6)], found: [] },
    { what: "none at all", points: [], found: ["critical recovery_point.none"] },
    {
      what: "beyond the RPO",
      points: [point(16)],
      found: ["warning recovery_point.age", "warning recovery_point.missing"],
    },
    {
      what: "beyond twice the RPO",
      points: [point(31)],
      found: ["critical recovery_point.age", "warning recovery_point.missing"],
    },
    {
      what: "cut in time, but stuck on the way",
      points: [point(2, 0), point(7, 0.1), point(12, 0.9), point(14)],
      found: ["warning recovery_point.incomplete"],
    },
  ])("$what", ({ points, found }) => {
    expect(pointFindings(...points)).toEqual(found);
  });
});

describe("space on an array", () => {
  it.each([
    { percent: 79, severity: null },
    { percent: 80, severity: "warning" },
    { percent: 95, severity: "critical" },
  ])("$percent % full", ({ percent, severity }) => {
    const health = { capacityBytes: 100 * 2 ** 40, usedBytes: percent * 2 ** 40, connections: [] };
    expect(checkArrayRoom("site-b", health)).toMatchObject({ severity, check: "array.capacity" });
  });

  it("tells nothing of an array that names no capacity", () => {
    expect(checkArrayRoom("site-b", { capacityBytes: 0, usedBytes: 0, connections: [] }).severity).toBeNull();
  });
});

describe("what ends", () => {
  it.each([
    { endsAt: undefined, says: [] },
    { endsAt: "2026-03-15T13:00:00Z", says: [] },
    { endsAt: "2026-03-14T12:00:00Z", says: [expect.stringContaining("ends in 13 days")] },
    { endsAt: "2026-03-02T13:00:00Z", says: [expect.stringContaining("ends in 1 day ")] },
    { endsAt: "2026-03-01T13:00:00Z", says: [expect.stringContaining("ends within a day")] },
  ])("at $endsAt", ({ endsAt, says }) => {
    const expiring = { check: "credential.expires", siteName: "b", what: "The password", endsAt, remedy: "x" } as const;
    expect(checkExpiry([expiring], NOW).map(({ reason }) => reason)).toEqual(says);
  });
});
