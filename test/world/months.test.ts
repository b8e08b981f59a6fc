import { arrayGroupName } from "@protector/storage";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { listKeptSnapshots } from "../../packages/server/src/db/repositories/kept-snapshots.ts";
import { readRecoveryPoints } from "../../packages/server/src/engine/watch/recovery-points.ts";
import { endTests } from "../../packages/server/src/engine/watch/tests.ts";
import { arrayAt } from "../watches/watched-site.ts";
import { carryAway, carryHome, goAway, orderFailback, protectBack } from "./failback-run.ts";
import { orderFailover, type WritingGroup, writingGroup } from "./failover-run.ts";
import { orderHomeward, settleHome } from "./homeward-run.ts";
import { orderRun, planOver } from "./plan-run.ts";
import { run } from "./protected-group.ts";
import { orderTest, settleTest, stateNow } from "./test-run.ts";
import type { TestSite } from "./test-site.ts";
import { letBothSitesRest, lose, orderUnplanned, REASON } from "./unplanned-run.ts";

/*
 * Months of drills and disasters on a virtual clock. `npm run test:months` lives through PROTECTOR_TEST_MONTHS of them, 36
 * when nothing is said; `npm test` through four.
 */

const MONTHS = Number(process.env.PROTECTOR_TEST_MONTHS ?? 4);
const DAY_MS = 86_400_000;
const LIMIT_MS = 3_600_000;

/** Rows of what was done, which are kept; each time that the same is done adds as many. */
const HISTORY = new Set(["dr_operations", "dr_operation_steps", "resource_ledger", "duties", "audit_events"]);

/** What happens in a month beside the drills; the group is at home and protected before and after. */
const DISASTERS = [
  async function planned(writing: WritingGroup) {
    await goAway(writing, orderFailover);
    await protectBack(writing);
  },
  async function homeIsLostAndReturns(writing: WritingGroup) {
    const bringBack = lose(writing, writing.sites.a, "all", { resumeGuests: true });
    await goAway(writing, (of) => orderUnplanned(of, { reason: REASON }));
    bringBack();
    await letBothSitesRest(writing);
    await protectBack(writing);
  },
  async function awayIsLostToo(writing: WritingGroup) {
    const { sites } = writing;
    await goAway(writing, orderFailover);
    await protectBack(writing);
    const bringBack = lose(writing, sites.b, "all", { resumeGuests: true });
    expect(await settleHome(writing, await orderHomeward(writing, { reason: REASON }))).toBe("completed");
    bringBack();
    await carryAway(writing);
    await letBothSitesRest(writing);
    await run(sites, sites.a, writing.group.id, { type: "reprotect" });
    await carryAway(writing);
  },
] as const;

async function comeHome(writing: WritingGroup): Promise<void> {
  const { sites, group } = writing;
  const { home_site_id, primary_site_id } = await sites.a.connection.db
    .selectFrom("protection_groups")
    .selectAll()
    .where("id", "=", group.id)
    .executeTakeFirstOrThrow();
  if (primary_site_id === home_site_id) return;
  expect(await settleHome(writing, await orderFailback(writing))).toBe("completed");
  await carryAway(writing);
}

async function drill(writing: WritingGroup): Promise<void> {
  expect(await settleTest(writing, await orderTest(writing, { cleanup: "auto" }))).toBe("completed");
  await cleanUp(writing);
}

/** What the watch orders when a test is over. */
async function cleanUp({ sites }: WritingGroup): Promise<void> {
  await sites.clock.run(endTests(sites.ports(sites.b)));
  const open = await sites.b.connection.db
    .selectFrom("dr_operations")
    .select("id")
    .where("type", "=", "test_cleanup")
    .where("status", "=", "pending")
    .execute();
  for (const { id } of open) expect(await sites.settle(sites.b, id, sites.engine(sites.b), LIMIT_MS)).toBe("completed");
}

async function planDrill({ sites, group }: WritingGroup, planId: string): Promise<void> {
  const many = { sites, ids: { shop: group.id } };
  const id = await orderRun(many, { action: { test_failover: { cleanup: "auto" } }, planId });
  const engine = sites.engine(sites.b);
  engine.start();
  expect(await sites.settle(sites.b, id, engine, LIMIT_MS)).toBe("completed");
  await sites.clock.run(engine.stop());
  await cleanUp({ sites, group });
}

/** As a person does who has looked at what was kept. */
async function deleteKept({ sites, group }: WritingGroup): Promise<void> {
  for (const site of [sites.a, sites.b])
    for (;;) {
      const [kept] = await listKeptSnapshots(site.connection.db, group.id);
      if (!kept) break;
      await run(sites, site, group.id, { type: "snapshot_delete", parameters: { snapshot_id: kept.id } });
    }
}

async function month(writing: WritingGroup, number: number, planId: string): Promise<void> {
  const { sites } = writing;
  await drill(writing);
  await DISASTERS[number % DISASTERS.length]?.(writing);
  await comeHome(writing);
  await deleteKept(writing);
  await planDrill(writing, planId);
  await sites.clock.advance(30 * DAY_MS);
  for (const site of [sites.a, sites.b]) await sites.clock.run(readRecoveryPoints(sites.ports(site)));
  await letBothSitesRest(writing);
  await carryAway(writing);
  await carryHome(writing);
}

type Rows = Readonly<Record<string, number>>;

const rowsOf = ({ sites }: WritingGroup): Promise<readonly Rows[]> => Promise.all([sites.a, sites.b].map(rowsAt));

async function rowsAt({ connection: { db } }: TestSite): Promise<Rows> {
  const { rows: tables } = await sql<{ name: string }>`select name from sqlite_master where type = 'table'`.execute(db);
  const counts = tables.map(async ({ name }) => {
    const { rows } = await sql<{ count: number }>`select count(*) as count from ${sql.table(name)}`.execute(db);
    return [name, rows[0]?.count ?? 0] as const;
  });
  return Object.fromEntries(await Promise.all(counts));
}

const added = (before: Rows, after: Rows) =>
  Object.fromEntries(Object.entries(after).map(([table, count]) => [table, count - (before[table] ?? 0)]));

/** Both clouds and arrays, without what rises: epochs, and points and records of what was sent, which have a bound. */
async function outside(writing: WritingGroup): Promise<unknown> {
  const state = (await stateNow(writing)) as { clouds: unknown; arrays: { groups: { name: string }[] }[] };
  const arrays = state.arrays.map(({ points: _points, groups, ...array }: Record<string, unknown>) => ({
    ...array,
    groups: (groups as { name: string }[]).filter(({ name }) => !/^array-[ab]:protector-/.test(name)),
  }));
  return JSON.parse(JSON.stringify({ clouds: state.clouds, arrays }).replace(/-e\d+-idle/g, "-e<n>-idle"));
}

/** Everything that an array holds, what it still remembers of what was destroyed included. */
function heldByArrays({ sites }: WritingGroup) {
  return sites.world.describe().arrays.map(({ volumes, snapshots, groups, points }) => ({
    volumes: volumes.length,
    snapshots: snapshots.length,
    groups: groups.length,
    points: points.length,
  }));
}

test("months of drills, of sites that are lost and return, and of the way home leave nothing and grow nothing", {
  timeout: 12 * LIMIT_MS,
}, async () => {
  const writing = await writingGroup(1);
  const { sites, group } = writing;
  for (const { server } of group.servers) sites.world.cloud("site-a").guest(server.id).startWriting(DAY_MS);
  // Two points a day are enough for a month.
  const retention = { allForSeconds: 172_800, perDay: 1, days: 1 };
  await sites.b.connection.db
    .updateTable("replication_policies")
    .set({ replication_interval: 43_200, rpo_minutes: 1440 })
    .execute();
  await sites.clock.run(
    arrayAt(sites, "array-a").setReplication(arrayGroupName(group.id), {
      enabled: true,
      intervalMs: DAY_MS / 2,
      retention,
    }),
  );
  const planId = await planOver({ sites, ids: { shop: group.id } }, { shop: {} });
  // The tenant's key pair is brought along by the first failover, and is his from then on.
  await month(writing, 0, planId);
  const before = await outside(writing);
  const held = heldByArrays(writing);
  let last = await rowsOf(writing);
  const usual = new Map<string, readonly Rows[]>();
  for (let number = 0; number < MONTHS; number += 1) {
    await month(writing, number, planId);
    const disaster = DISASTERS[number % DISASTERS.length]?.name ?? "";
    const label = `month ${number}: ${disaster}`;
    expect({ label, outside: await outside(writing) }).toEqual({ label, outside: before });
    expect({ label, held: heldByArrays(writing) }).toEqual({ label, held });
    const rows = await rowsOf(writing);
    const grown = rows.map((now, index) => added(last[index] ?? {}, now));
    last = rows;
    const elsewhere = grown.flatMap((of) =>
      Object.entries(of).filter(([table, count]) => count !== 0 && !HISTORY.has(table)),
    );
    expect({ label, elsewhere }).toEqual({ label, elsewhere: [] });
    expect({ label, grown }).toEqual({ label, grown: usual.get(disaster) ?? grown });
    usual.set(disaster, grown);
  }
  sites.stop();
  expect(sites.world.problems).toEqual([]);
});
