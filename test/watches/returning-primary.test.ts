import { afterEach, expect, test } from "vitest";
import { Watches } from "../../packages/server/src/engine/watch/watches.ts";
import { carryHome } from "../world/failback-run.ts";
import { type WritingGroup, writingGroup } from "../world/failover-run.ts";
import { settleTest } from "../world/test-run.ts";
import type { TestSite } from "../world/test-site.ts";
import { type Loss, lose, orderUnplanned, REASON, running, writingAtSource } from "../world/unplanned-run.ts";
import { watchPorts } from "./watched-site.ts";

/** From the first contact: a minute until somebody looks, and what servers need to stop. */
const FENCED_WITHIN_MS = 60_000 + 15_000;

let writing: WritingGroup;
afterEach(() => writing.sites.stop());

/** Site A was lost and its group recovered at site B; now it is back, and hypervisors have started its guests. */
async function returned(loss: Loss): Promise<void> {
  writing = await writingGroup();
  const { sites } = writing;
  const bringBack = lose(writing, sites.a, loss, { resumeGuests: true });
  expect(await settleTest(writing, await orderUnplanned(writing, { reason: REASON }))).toBe("completed");
  await sites.clock.advance(3_600_000);
  bringBack();
}

/** Lets one engine's watches work; answers after how many ms nothing of site A could write any more. */
async function fencedAfter(site: TestSite): Promise<number> {
  const { sites } = writing;
  const from = sites.clock.now();
  const watches = new Watches(
    watchPorts(sites, site, (name) => name === site.name),
    { messaging: () => "none" },
  );
  watches.start();
  while (running(writing, "site-a") > 0 && sites.clock.now() - from < 600_000) await sites.clock.advance(500);
  const ms = sites.clock.now() - from;
  await sites.clock.run(watches.stop());
  return ms;
}

test("an old primary that returns with its guests running stops them itself, before anybody has spoken to it", async () => {
  await returned("all");
  expect(writingAtSource(writing)).toBe(3);
  expect(await fencedAfter(writing.sites.a)).toBeLessThan(FENCED_WITHIN_MS);
  expect([running(writing, "site-a"), running(writing, "site-b")]).toEqual([0, 3]);
  const row = await writing.sites.a.connection.db
    .selectFrom("protection_groups")
    .selectAll()
    .where("id", "=", writing.group.id)
    .executeTakeFirstOrThrow();
  expect([row.primary_site_id, row.status]).toEqual([writing.sites.b.id, "failed_over"]);
});

test("it does so though it has learned of the takeover from a document that names none of its servers any more", async () => {
  await returned("all");
  const { sites } = writing;
  await sites.b.connection.db.updateTable("pg_members").set({ home_server_id: null }).execute();
  await carryHome(writing);
  expect(await fencedAfter(sites.a)).toBeLessThan(FENCED_WITHIN_MS);
  expect([running(writing, "site-a"), running(writing, "site-b")]).toEqual([0, 3]);
});

test("it does so though it reaches only its own array, which was told", async () => {
  await returned("control plane");
  expect(running(writing, "site-a")).toBe(3);
  writing.sites.world.conditions.inject({ service: "array-b", fault: { kind: "unreachable" } });
  expect(await fencedAfter(writing.sites.a)).toBeLessThan(FENCED_WITHIN_MS);
});

test("without a Protector at the old primary the engine of the new one stops them", async () => {
  await returned("all");
  expect(await fencedAfter(writing.sites.b)).toBeLessThan(FENCED_WITHIN_MS);
  expect([running(writing, "site-a"), running(writing, "site-b")]).toEqual([0, 3]);
});

test("the engine of the new primary is not held up by a site that swallows everything before it answers", async () => {
  await returned("all");
  const { sites } = writing;
  const bringBack = lose(writing, sites.a, "black hole");
  const watches = new Watches(
    watchPorts(sites, sites.b, (name) => name === "site-b"),
    { messaging: () => "none" },
  );
  watches.start();
  await sites.clock.advance(333_333);
  expect(running(writing, "site-a")).toBe(3);
  bringBack();
  const from = sites.clock.now();
  while (running(writing, "site-a") > 0 && sites.clock.now() - from < 600_000) await sites.clock.advance(500);
  expect(sites.clock.now() - from).toBeLessThan(FENCED_WITHIN_MS);
  await sites.clock.run(watches.stop());
});
