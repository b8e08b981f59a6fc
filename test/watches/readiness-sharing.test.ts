import type { HttpTransport } from "@protector/ports";
import { expect, test } from "vitest";
import { readJson } from "../../packages/server/src/db/codecs.ts";
import { watchMarkers } from "../../packages/server/src/engine/watch/markers.ts";
import { watchReadiness } from "../../packages/server/src/engine/watch/readiness.ts";
import { readRecoveryPoints } from "../../packages/server/src/engine/watch/recovery-points.ts";
import { protectThreeTier } from "../world/protected-group.ts";
import { createTwoSites, type TwoSites } from "../world/two-sites.ts";
import { groupRow, watchPorts } from "./watched-site.ts";

/** Further groups of the project, without members, replicated like the first. */
async function copyGroup({ a, random }: TwoSites, groupId: string, copies: number): Promise<readonly string[]> {
  const { db } = a.connection;
  const ids: string[] = [];
  const group = await groupRow(a, groupId);
  const policy = await db.selectFrom("replication_policies").selectAll().executeTakeFirstOrThrow();
  for (let n = 0; n < copies; n += 1) {
    const id = random.uuid();
    ids.push(id);
    const { live_name: _, ...row } = group as typeof group & { live_name?: unknown };
    await db
      .insertInto("protection_groups")
      .values({ ...row, id, name: `copy-${n}` })
      .execute();
    await db
      .insertInto("replication_policies")
      .values({ ...policy, id: random.uuid(), protection_group_id: id })
      .execute();
  }
  return ids;
}

test("further groups cost a handful of calls to the arrays each, and none to the clouds", async () => {
  const sites = await createTwoSites();
  const group = await protectThreeTier(sites);
  const ports = watchPorts(sites, sites.a);
  const calls: string[] = [];
  const transport: HttpTransport = (request) => {
    calls.push(`${request.method} ${new URL(request.url).host}`);
    return ports.transport(request);
  };
  const look = async () => {
    calls.length = 0;
    await sites.a.connection.db.updateTable("protection_groups").set({ readiness_due_at: null }).execute();
    await sites.clock.run(watchReadiness({ ...ports, transport }));
    return { clouds: calls.filter((call) => /0\.1[12]:/.test(call)).length, all: calls.length };
  };
  const one = await look();
  const copies = await copyGroup(sites, group.id, 50);
  const many = await look();
  for (const id of copies) expect(readJson((await groupRow(sites.a, id)).readiness).checked_at).not.toBeNull();
  expect(one.clouds).toBeGreaterThan(10);
  expect(many.clouds).toBeLessThanOrEqual(one.clouds + 5);
  expect((many.all - one.all) / copies.length).toBeLessThanOrEqual(8);
  sites.stop();
});

test("one question to each array tells the markers of all groups", async () => {
  const sites = await createTwoSites();
  const group = await protectThreeTier(sites);
  const ports = watchPorts(sites, sites.a);
  let asked = 0;
  const transport: HttpTransport = (request) => {
    if (new URL(request.url).pathname.endsWith("/volumes")) asked += 1;
    return ports.transport(request);
  };
  await copyGroup(sites, group.id, 50);
  await sites.clock.run(watchMarkers({ ...ports, transport }));
  expect(asked).toBe(2);
  expect(sites.events.filter(({ kind }) => kind === "watch_failed")).toEqual([]);
  sites.stop();
});

test("a few questions to each array tell the recovery points of a hundred groups", async () => {
  const sites = await createTwoSites();
  const group = await protectThreeTier(sites);
  const ports = watchPorts(sites, sites.a);
  let asked = 0;
  const transport: HttpTransport = (request) => {
    if (/protection-groups|snapshots/.test(new URL(request.url).pathname)) asked += 1;
    return ports.transport(request);
  };
  const look = async () => {
    asked = 0;
    await sites.clock.run(readRecoveryPoints({ ...ports, transport }));
    return asked;
  };
  await look();
  const one = await look();
  await copyGroup(sites, group.id, 99);
  const hundred = await look();
  expect(one).toBe(3);
  expect(hundred).toBeLessThanOrEqual(9);
  expect(sites.events.filter(({ kind }) => kind === "watch_failed")).toEqual([]);
  sites.stop();
});
