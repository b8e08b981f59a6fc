import { arrayGroupName } from "@protector/storage";
import { expect, test } from "vitest";
import { nextEpoch } from "../../packages/server/src/domain/epochs.ts";
import { doDuties } from "../../packages/server/src/engine/watch/duties.ts";
import { watchMarkers } from "../../packages/server/src/engine/watch/markers.ts";
import { protectThreeTier } from "../world/protected-group.ts";
import type { TestSite } from "../world/test-site.ts";
import { createTwoSites, type TwoSites } from "../world/two-sites.ts";
import { arrayAt, dutiesOf, groupRow, watchPorts } from "./watched-site.ts";

const HOLDER = "0123abcd-0000-4000-8000-000000000000";

/** Raises the epoch on one array in a site's name, as an operation that is known nowhere else does. */
async function takeOver(sites: TwoSites, groupId: string, by: TestSite, on: "array-a" | "array-b"): Promise<number> {
  const other = by === sites.a ? sites.b : sites.a;
  const array = arrayAt(sites, on);
  const stands = await array.readMarker(groupId);
  if (!stands) throw new Error("no marker");
  const epoch = nextEpoch(stands.epoch, { primary: by.id, peer: other.id });
  await array.swapMarker(stands, { groupId, epoch, holder: HOLDER });
  await array.close();
  return epoch;
}

function serversOf({ world }: TwoSites) {
  return world.cloud("site-a").describe().servers;
}

function isReplicating({ world }: TwoSites, groupId: string) {
  const { groups } = world.array("array-a").model.describe();
  return groups.find(({ name }) => name === arrayGroupName(groupId))?.isReplicating;
}

async function protectedSites() {
  const sites = await createTwoSites();
  return { sites, group: await protectThreeTier(sites) };
}

test("a site that sees a higher epoch of the other site fences itself", async () => {
  const { sites, group } = await protectedSites();
  expect(isReplicating(sites, group.id)).toBe(true);
  const epoch = await sites.clock.run(takeOver(sites, group.id, sites.b, "array-a"));
  await sites.clock.run(watchMarkers(watchPorts(sites, sites.a)));
  const row = await groupRow(sites.a, group.id);
  expect([row.epoch, row.primary_site_id, row.status]).toEqual([epoch, sites.b.id, "failed_over"]);
  expect(serversOf(sites).map(({ status }) => status)).toEqual(["SHUTOFF", "SHUTOFF", "SHUTOFF"]);
  expect(serversOf(sites).map(({ lockedBy }) => lockedBy)).toEqual(["admin", "admin", "admin"]);
  expect(isReplicating(sites, group.id)).toBe(false);
  expect((await dutiesOf(sites.a)).map(({ kind, state }) => [kind, state])).toEqual([["group.fence", "done"]]);
  expect(sites.events).toContainEqual({ kind: "primary_changed", groupId: group.id, epoch });
  sites.stop();
});

test("the marker on the other array alone is enough when the own array is silent", async () => {
  const { sites, group } = await protectedSites();
  const epoch = await sites.clock.run(takeOver(sites, group.id, sites.b, "array-b"));
  sites.world.conditions.inject({ service: "array-a", fault: { kind: "unreachable" } });
  await sites.clock.run(watchMarkers(watchPorts(sites, sites.a)));
  expect((await groupRow(sites.a, group.id)).epoch).toBe(epoch);
  expect(serversOf(sites).map(({ status }) => status)).toEqual(["SHUTOFF", "SHUTOFF", "SHUTOFF"]);
  expect((await dutiesOf(sites.a)).map(({ state }) => state)).toEqual(["owed"]);
  sites.world.conditions.clear();
  await sites.clock.advance(60_000);
  await sites.clock.run(doDuties(watchPorts(sites, sites.a)));
  expect(isReplicating(sites, group.id)).toBe(false);
  expect((await dutiesOf(sites.a)).map(({ state }) => state)).toEqual(["done"]);
  sites.stop();
});

test("servers that do not stop stay owed and are stopped later", async () => {
  const { sites, group } = await protectedSites();
  await sites.clock.run(takeOver(sites, group.id, sites.b, "array-a"));
  sites.world.conditions.inject({ service: "site-a/nova", fault: { kind: "refuse", status: 503 } });
  await sites.clock.run(watchMarkers(watchPorts(sites, sites.a)));
  expect((await dutiesOf(sites.a)).map(({ state, attempts }) => [state, attempts])).toEqual([["owed", 1]]);
  sites.world.conditions.clear();
  await sites.clock.advance(60_000);
  await sites.clock.run(doDuties(watchPorts(sites, sites.a)));
  expect(serversOf(sites).map(({ status }) => status)).toEqual(["SHUTOFF", "SHUTOFF", "SHUTOFF"]);
  expect((await dutiesOf(sites.a)).map(({ state }) => state)).toEqual(["done"]);
  sites.stop();
});

test("a fence that is no longer needed stops nothing", async () => {
  const { sites, group } = await protectedSites();
  await sites.clock.run(takeOver(sites, group.id, sites.b, "array-a"));
  sites.world.conditions.inject({ service: "site-a/nova", fault: { kind: "refuse", status: 503 } });
  await sites.clock.run(watchMarkers(watchPorts(sites, sites.a)));
  sites.world.conditions.clear();
  await sites.clock.run(takeOver(sites, group.id, sites.a, "array-a"));
  await sites.clock.advance(60_000);
  await sites.clock.run(doDuties(watchPorts(sites, sites.a)));
  expect(serversOf(sites).map(({ status }) => status)).toEqual(["ACTIVE", "ACTIVE", "ACTIVE"]);
  expect((await dutiesOf(sites.a)).map(({ state }) => state)).toEqual(["done"]);
  sites.stop();
});

test("a higher epoch of the own site is adopted and nothing is stopped", async () => {
  const { sites, group } = await protectedSites();
  const epoch = await sites.clock.run(takeOver(sites, group.id, sites.a, "array-a"));
  await sites.clock.run(watchMarkers(watchPorts(sites, sites.a)));
  const row = await groupRow(sites.a, group.id);
  expect([row.epoch, row.primary_site_id, row.status]).toEqual([epoch, sites.a.id, "active"]);
  expect(serversOf(sites).map(({ status }) => status)).toEqual(["ACTIVE", "ACTIVE", "ACTIVE"]);
  sites.stop();
});

test("an operation of this site that holds the marker is left alone", async () => {
  const { sites, group } = await protectedSites();
  const operation = await sites.order(sites.a, group.id, { type: "sync" });
  const array = arrayAt(sites, "array-a");
  const before = await groupRow(sites.a, group.id);
  const epoch = nextEpoch(before.epoch, { primary: sites.b.id, peer: sites.a.id });
  const idle = { groupId: group.id, epoch: before.epoch, holder: undefined };
  await sites.clock.run(array.swapMarker(idle, { ...idle, epoch, holder: operation }));
  await sites.clock.run(watchMarkers(watchPorts(sites, sites.a)));
  expect((await groupRow(sites.a, group.id)).epoch).toBe(before.epoch);
  expect(await dutiesOf(sites.a)).toEqual([]);
  sites.stop();
});

test("a failed operation of a site that lost the group is closed as superseded", async () => {
  const { sites, group } = await protectedSites();
  const operation = await sites.order(sites.a, group.id, { type: "sync" });
  await sites.a.connection.db
    .updateTable("dr_operations")
    .set({ status: "failed" })
    .where("id", "=", operation)
    .execute();
  await sites.clock.run(takeOver(sites, group.id, sites.b, "array-a"));
  await sites.clock.run(watchMarkers(watchPorts(sites, sites.a)));
  const row = await sites.a.connection.db
    .selectFrom("dr_operations")
    .select("status")
    .where("id", "=", operation)
    .executeTakeFirstOrThrow();
  expect(row.status).toBe("superseded");
  expect((await groupRow(sites.a, group.id)).current_operation_id).toBeNull();
  sites.stop();
});

test("a marker that an operation took late, after it had ended, is given back; one of an operation at work is not", async () => {
  const { sites, group } = await protectedSites();
  const { db } = sites.a.connection;
  const { id } = await db.selectFrom("dr_operations").select("id").where("type", "=", "sync").executeTakeFirstOrThrow();
  const array = arrayAt(sites, "array-a");
  const look = async () => {
    await sites.clock.run(watchMarkers(watchPorts(sites, sites.a)));
    return (await sites.clock.run(array.readMarker(group.id)))?.holder;
  };
  const idle = await sites.clock.run(array.readMarker(group.id));
  if (!idle) throw new Error("no marker");
  await sites.clock.run(array.swapMarker(idle, { ...idle, holder: id }));
  const status = (wanted: "running" | "completed") =>
    db.updateTable("dr_operations").set({ status: wanted }).where("id", "=", id).execute();
  await status("running");
  expect(await look()).toBe(id.slice(0, 8));
  await status("completed");
  expect(await look()).toBeUndefined();
  expect(sites.events).toContainEqual({ kind: "marker_freed", groupId: group.id, operationId: id, siteId: sites.a.id });
  await sites.clock.run(array.close());
  sites.stop();
});
