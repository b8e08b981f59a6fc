import { expect, test } from "vitest";
import type { MemberOutcome } from "./outcome.ts";
import { reportOf } from "./report.ts";

const MOVED: MemberOutcome = {
  name: "db-01",
  running_on: "site-b",
  server_id: "1",
  addresses: [],
  last_write_at: "2026-03-01T12:00:10.000Z",
  first_read_at: "2026-03-01T12:00:15.000Z",
  writes: 10,
  writes_lost: 0,
  downtime_seconds: 5,
  rpo_seconds: 0,
};

test("downtime goes from the first server's last write to the last server's boot", () => {
  const early = { ...MOVED, last_write_at: "2026-03-01T12:00:04.000Z" };
  const late = { ...MOVED, first_read_at: "2026-03-01T12:00:24.000Z" };
  expect(reportOf("planned-failover", "completed", [early, late])).toMatchObject({
    rto_seconds: 20,
    rpo_seconds: 0,
    writes_lost: 0,
    running_on: "site-b",
  });
});

test("lost writes are added up, and the worst server tells the data loss", () => {
  const members = [
    { ...MOVED, writes_lost: 3, rpo_seconds: 1.5 },
    { ...MOVED, writes_lost: 2, rpo_seconds: 4 },
  ];
  expect(reportOf("planned-failover", "completed", members)).toMatchObject({ writes_lost: 5, rpo_seconds: 4 });
});

test("servers on different sites are mixed, and nothing that did not move has a downtime", () => {
  const home = { ...MOVED, running_on: "site-a", first_read_at: null };
  expect(reportOf("planned-failover", "failed", [MOVED, home]).running_on).toBe("mixed");
  expect(reportOf("none", "ready", [home])).toMatchObject({ rto_seconds: null, rpo_seconds: null });
});
