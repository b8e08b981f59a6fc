import type { Plan } from "@protector/contract";
import { HttpTransportError } from "@protector/ports";
import { arrayGroupName } from "@protector/storage";
import { expect, test } from "vitest";
import { readJson, writeJson, writeTime } from "../../packages/server/src/db/codecs.ts";
import { nextDrills } from "../../packages/server/src/domain/drill-times.ts";
import type { EnginePorts } from "../../packages/server/src/engine/engine-ports.ts";
import { runDrills } from "../../packages/server/src/engine/watch/drills.ts";
import { endTests } from "../../packages/server/src/engine/watch/tests.ts";
import type { WritingGroup } from "../world/failover-run.ts";
import { production, quietGroup, settleTest, targetCloud } from "../world/test-run.ts";
import { NOTICE_URL, scheduleDrill } from "./drill-schedules.ts";
import { arrayAt } from "./watched-site.ts";

const HOUR_MS = 3_600_000;

const NO_PLAN: Plan = {
  steps: [],
  blockers: [],
  warnings: [],
  expected_duration_seconds: null,
  duration_forecast: null,
  expected_data_loss_seconds: null,
  recovery_point: null,
  digest: "0".repeat(64),
};

const schedule = ({ sites, group }: WritingGroup, differs: Record<string, unknown> = {}) =>
  scheduleDrill(sites, { protection_group_id: group.id }, differs);

const rows = ({ sites }: WritingGroup) =>
  sites.b.connection.db.selectFrom("drill_runs").selectAll().orderBy("due_at").execute();

/** Two engines of site B look for drills at the same moment; answers what was posted. */
async function lookTwice(writing: WritingGroup, posted: string[] = []): Promise<void> {
  const { sites } = writing;
  const ports = (host: string): EnginePorts => {
    const real = sites.ports(sites.b, { host });
    return {
      ...real,
      transport: async (request) => {
        if (request.url !== NOTICE_URL) return real.transport(request);
        posted.push(String(request.body));
        if (posted.length === 1) throw new HttpTransportError("unreachable", "not there yet");
        return { status: 204, headers: {}, body: "" };
      },
    };
  };
  const { signal } = new AbortController();
  await sites.clock.run(Promise.all([runDrills(ports("one"), signal), runDrills(ports("two"), signal)]));
}

/** Lets the engines do what is there to do: drills, tests whose time is over, clean-ups. */
async function work(writing: WritingGroup, posted?: string[]): Promise<void> {
  const { sites } = writing;
  await lookTwice(writing, posted);
  for (let round = 0; round < 4; round += 1) {
    const open = await sites.b.connection.db
      .selectFrom("dr_operations")
      .select("id")
      .where("status", "in", ["pending", "running"])
      .execute();
    for (const { id } of open) await settleTest(writing, id, `engine-${round}`);
    await sites.clock.run(endTests(sites.ports(sites.b)));
  }
  await lookTwice(writing, posted);
}

async function advanceTo({ sites }: WritingGroup, time: string): Promise<void> {
  await sites.clock.advance(Date.parse(time) - sites.clock.now());
}

test("a year of monthly drills, with a busy month and a dead one in it: each once, told, and nothing stays", async () => {
  const writing = await quietGroup();
  const { sites, group } = writing;
  // Two points a day are enough for a year.
  const retention = { allForSeconds: 172_800, perDay: 1, days: 1 };
  const rare = { enabled: true, intervalMs: 12 * HOUR_MS, retention };
  await sites.clock.run(arrayAt(sites, "array-a").setReplication(arrayGroupName(group.id), rare));
  const before = sites.world.describe();
  await schedule(writing);
  const posted: string[] = [];
  const { db } = sites.b.connection;
  for (let month = 2; month <= 12; month += 1) {
    const due = `2026-${String(month).padStart(2, "0")}-01T03:00:05Z`;
    await advanceTo(writing, due);
    if (month === 5) {
      // Somebody holds the group for longer than the window.
      const holder = await sites.order(sites.b, group.id, { type: "sync" });
      await lookTwice(writing, posted);
      expect(await db.selectFrom("drill_schedules").select("waiting_reason").executeTakeFirstOrThrow()).toMatchObject({
        waiting_reason: expect.stringContaining("is being changed by"),
      });
      await sites.clock.advance(2 * HOUR_MS);
      await lookTwice(writing, posted);
      await db.updateTable("protection_groups").set({ current_operation_id: null }).execute();
      await db.deleteFrom("dr_operations").where("id", "=", holder).execute();
    }
    // No engine runs for half a day.
    if (month === 8) await sites.clock.advance(12 * HOUR_MS);
    await work(writing, posted);
  }
  const runs = await rows(writing);
  expect(runs.map(({ outcome }) => outcome)).toEqual([
    ...["started", "started", "started", "skipped", "started", "started", "missed"],
    ...["started", "started", "started", "started"],
  ]);
  expect(runs[3]?.reason).toContain("is being changed by");
  expect(runs[6]?.reason).toContain("No engine of this site ran");
  const tests = await db.selectFrom("dr_operations").selectAll().where("type", "=", "test_failover").execute();
  expect(tests.map(({ status, phase }) => [status, phase])).toEqual(tests.map(() => ["completed", "cleaned"]));
  expect(tests).toHaveLength(9);
  expect(runs.every(({ notice }) => notice === "sent")).toBe(true);
  // One more than drills: the first was posted again.
  expect(posted).toHaveLength(runs.length + 1);
  expect(JSON.parse(posted[0] ?? "").id).toBe(JSON.parse(posted[1] ?? "").id);
  const after = sites.world.describe();
  sites.stop();
  expect(targetCloud(after)).toEqual(targetCloud(before));
  expect((production(after) as { cloud: unknown }).cloud).toEqual((production(before) as { cloud: unknown }).cloud);
  expect(sites.world.problems).toEqual([]);
});

test("a drill waits for the group inside its window, and a held one goes by its time", async () => {
  const writing = await quietGroup();
  const { sites } = writing;
  await schedule(writing, {
    cron: "30 8 * * *",
    next_run_at: writeTime(Date.parse("2026-01-05T08:30:00Z")),
    hold_seconds: 1800,
  });
  const { db } = sites.b.connection;
  await advanceTo(writing, "2026-01-05T08:30:10Z");
  await db.updateTable("protection_groups").set({ current_operation_id: "busy" }).execute();
  await lookTwice(writing);
  expect(await rows(writing)).toEqual([]);
  await db.updateTable("protection_groups").set({ current_operation_id: null }).execute();
  await work(writing);
  expect(await rows(writing)).toMatchObject([{ outcome: "started", reason: null }]);
  expect(sites.world.cloud("site-b").compute.servers.size).toBeGreaterThan(0);
  await sites.clock.advance(1900_000);
  await work(writing);
  expect(sites.world.cloud("site-b").compute.servers.size).toBe(0);
  expect(await rows(writing)).toHaveLength(1);
  sites.stop();
});

test("a drill that failed half-way is taken back by itself; one that was refused has nothing to take back", async () => {
  const writing = await quietGroup();
  const { sites } = writing;
  const { db } = sites.b.connection;
  await schedule(writing, { next_run_at: writeTime(sites.clock.now()) });
  await lookTwice(writing);
  const requests = () => db.selectFrom("dr_operations").select("request").where("type", "=", "test_failover").execute();
  await db.updateTable("dr_operations").set({ status: "failed" }).where("type", "=", "test_failover").execute();
  await lookTwice(writing);
  expect(await requests()).toEqual([{ request: null }]);
  await db
    .updateTable("dr_operations")
    .set({ plan: writeJson(NO_PLAN) })
    .where("type", "=", "test_failover")
    .execute();
  await lookTwice(writing);
  sites.stop();
  expect((await requests()).map(({ request }) => request && readJson(request))).toMatchObject([{ verb: "rollback" }]);
});

test("times follow the clock of the zone: a time that is left out comes right after, one that comes twice comes once", () => {
  const times = { cron: "30 2 * * *", time_zone: "Europe/Berlin" };
  const from = (day: string) => nextDrills(times, Date.parse(day), 3).map((ms) => new Date(ms).toISOString());
  expect(from("2026-03-28T00:00:00Z")).toEqual([
    "2026-03-28T01:30:00.000Z",
    "2026-03-29T01:00:00.000Z",
    "2026-03-30T00:30:00.000Z",
  ]);
  expect(from("2026-10-24T12:00:00Z")).toEqual([
    "2026-10-25T00:30:00.000Z",
    "2026-10-26T01:30:00.000Z",
    "2026-10-27T01:30:00.000Z",
  ]);
  expect(() => nextDrills({ ...times, time_zone: "Nowhere/Land" }, 0)).toThrow(/cannot be read/);
  expect(() => nextDrills({ ...times, cron: "0 3 * *" }, 0)).toThrow(/cannot be read/);
});
