import { arrayGroupName } from "@protector/storage";
import { expect, test } from "vitest";
import { readJson } from "../../packages/server/src/db/codecs.ts";
import { doDuties } from "../../packages/server/src/engine/watch/duties.ts";
import { protectThreeTier, run } from "../world/protected-group.ts";
import { createTwoSites, type TwoSites } from "../world/two-sites.ts";
import { arrayAt, dutiesOf, groupRow, watchPorts } from "./watched-site.ts";

async function protectedSites() {
  const sites = await createTwoSites();
  return { sites, group: await protectThreeTier(sites) };
}

function sourceServers({ world }: TwoSites) {
  return world.cloud("site-a").describe().servers;
}

/** Lets the duties of site B be looked at until nothing changes any more. */
async function doAllDuties(sites: TwoSites) {
  for (let round = 0; round < 4; round += 1) {
    await sites.clock.advance(600_000);
    await sites.clock.run(doDuties(watchPorts(sites, sites.b)));
  }
}

/** A failover whose source could not park its servers: three duties. */
async function failOverUnparked(sites: TwoSites, groupId: string) {
  const when = ({ body }: { readonly body: string }) => body.includes("shelve");
  sites.world.conditions.inject({ service: "site-a/nova", when, fault: { kind: "refuse", status: 409 } });
  return run(sites, sites.b, groupId, { type: "failover", mode: "planned" });
}

test("what a site owes is done when it answers, and said to be done", async () => {
  const { sites, group } = await protectedSites();
  await failOverUnparked(sites, group.id);
  expect((await dutiesOf(sites.b)).map(({ kind, state }) => [kind, state])).toEqual(
    Array(3).fill(["server.park", "owed"]),
  );
  await sites.clock.run(doDuties(watchPorts(sites, sites.b)));
  const tried = await dutiesOf(sites.b);
  expect(tried.map(({ state, attempts }) => [state, attempts])).toEqual(Array(3).fill(["owed", 1]));
  expect(tried.every(({ last_error }) => last_error?.includes("409"))).toBe(true);
  sites.world.conditions.clear();
  await sites.clock.run(doDuties(watchPorts(sites, sites.b)));
  expect((await dutiesOf(sites.b)).map(({ attempts }) => attempts)).toEqual([1, 1, 1]);
  await doAllDuties(sites);
  expect(sourceServers(sites).map(({ status }) => status)).toEqual(Array(3).fill("SHELVED_OFFLOADED"));
  expect((await dutiesOf(sites.b)).map(({ state, last_error }) => [state, last_error])).toEqual(
    Array(3).fill(["done", null]),
  );
  expect(sites.events.filter(({ kind }) => kind === "duty_done").length).toBe(3);
  sites.stop();
});

test("what is done is no leftover of its operation any more", async () => {
  const { sites, group } = await protectedSites();
  const id = await failOverUnparked(sites, group.id);
  const leftovers = async () => {
    const { db } = sites.b.connection;
    const row = await db.selectFrom("dr_operations").select("leftovers").where("id", "=", id).executeTakeFirstOrThrow();
    return readJson(row.leftovers);
  };
  expect((await leftovers()).map(({ subject }) => subject.slice(0, 6))).toEqual(Array(3).fill("Shelve"));
  sites.world.conditions.clear();
  await doAllDuties(sites);
  expect(await leftovers()).toEqual([]);
  sites.stop();
});

test("a Cinder group that was owed is made, and the group's row names it", async () => {
  const { sites, group } = await protectedSites();
  const when = ({ method, path }: { readonly method: string; readonly path: string }) =>
    method === "POST" && path.endsWith("/groups");
  sites.world.conditions.inject({ service: "site-b/cinder", when, fault: { kind: "refuse", status: 403 } });
  await run(sites, sites.b, group.id, { type: "failover", mode: "planned" });
  const storageAtB = () =>
    sites.b.connection.db
      .selectFrom("consistency_groups")
      .select("cinder_group_id")
      .where("site_id", "=", sites.b.id)
      .execute();
  expect(await storageAtB()).toEqual([{ cinder_group_id: null }]);
  sites.world.conditions.clear();
  await doAllDuties(sites);
  const [made] = sites.world.cloud("site-b").describe().volumeGroups;
  expect(made?.name).toBe(arrayGroupName(group.id));
  expect(await storageAtB()).toEqual([{ cinder_group_id: made?.id }]);
  sites.stop();
});

test("nothing is stopped at a site that is primary again", async () => {
  const { sites, group } = await protectedSites();
  await failOverUnparked(sites, group.id);
  sites.world.conditions.clear();
  const reason = "site B is on fire";
  await run(sites, sites.a, group.id, { type: "reclaim", parameters: { reason } });
  expect(sourceServers(sites).map(({ status }) => status)).toEqual(["ACTIVE", "ACTIVE", "ACTIVE"]);
  await doAllDuties(sites);
  expect(sourceServers(sites).map(({ status }) => status)).toEqual(["ACTIVE", "ACTIVE", "ACTIVE"]);
  expect((await dutiesOf(sites.b)).map(({ state, last_error }) => [state, last_error])).toEqual(
    Array(3).fill(["done", "the site is primary again"]),
  );
  sites.stop();
});

test("duties of a silent site wait without tries", async () => {
  const { sites, group } = await protectedSites();
  await failOverUnparked(sites, group.id);
  await sites.b.connection.db
    .updateTable("sites")
    .set({ reachability: "unreachable" })
    .where("is_local", "=", 0)
    .execute();
  await doAllDuties(sites);
  expect((await dutiesOf(sites.b)).map(({ state, attempts }) => [state, attempts])).toEqual(Array(3).fill(["owed", 0]));
  sites.stop();
});

test("two engines do a duty once", async () => {
  const { sites, group } = await protectedSites();
  await failOverUnparked(sites, group.id);
  sites.world.conditions.clear();
  const ports = watchPorts(sites, sites.b);
  await sites.clock.advance(60_000);
  await sites.clock.run(Promise.all([doDuties(ports), doDuties(ports)]));
  expect((await dutiesOf(sites.b)).map(({ state, attempts }) => [state, attempts])).toEqual(Array(3).fill(["done", 1]));
  expect(sites.events.filter(({ kind }) => kind === "duty_done").length).toBe(3);
  sites.stop();
});

test("a source that was lost after it was quiesced does what it owes: marker, schedule, parking", async () => {
  const { sites, group } = await protectedSites();
  const { conditions } = sites.world;
  const lose = () => {
    for (const service of ["site-a/", "array-a"]) conditions.inject({ service, fault: { kind: "unreachable" } });
  };
  const afterCommit = (_id: string, labels: readonly string[]) => {
    if (labels.includes("step final.verify completed")) lose();
  };
  const engine = sites.engine(sites.b, { observer: { afterCommit } });
  const id = await sites.order(sites.b, group.id, { type: "failover", mode: "planned" });
  expect(await sites.settle(sites.b, id, engine, 120_000)).toBe("waiting");
  await sites.ask(sites.b, id, { verb: "resume", as: "unplanned", reason: "site A is lost for now" });
  expect(await sites.settle(sites.b, id, engine)).toBe("completed");
  const { epoch } = await groupRow(sites.b, group.id);
  expect((await dutiesOf(sites.b)).map(({ kind }) => kind)).toContain("marker.raise");
  conditions.clear();
  await doAllDuties(sites);
  expect((await dutiesOf(sites.b)).filter(({ state }) => state === "owed")).toEqual([]);
  const marker = await sites.clock.run(arrayAt(sites, "array-a").readMarker(group.id));
  expect([marker?.epoch, marker?.holder]).toEqual([epoch, undefined]);
  const arrayGroup = sites.world
    .array("array-a")
    .model.describe()
    .groups.find(({ name }) => name === arrayGroupName(group.id));
  expect(arrayGroup?.isReplicating).toBe(false);
  expect(sourceServers(sites).map(({ status }) => status)).toEqual(Array(3).fill("SHELVED_OFFLOADED"));
  expect(sites.world.problems).toEqual([]);
  sites.stop();
});

test("a marker that a duty claims for an operation that has ended is given back", async () => {
  const { sites, group } = await protectedSites();
  sites.world.conditions.inject({ service: "array-b", fault: { kind: "unreachable" } });
  await run(sites, sites.a, group.id, { type: "reclaim" });
  const duties = sites.a.connection.db.updateTable("duties").set({ state: "done" });
  await duties.where("kind", "in", ["marker.release_here", "group.recovered_servers", "array_group.allow"]).execute();
  expect((await dutiesOf(sites.a)).filter(({ state }) => state === "owed").map(({ kind }) => kind)).toEqual([
    "marker.claim",
  ]);
  sites.world.conditions.clear();
  await sites.clock.advance(60_000);
  await sites.clock.run(doDuties(watchPorts(sites, sites.a)));
  const { epoch } = await groupRow(sites.a, group.id);
  const marker = await sites.clock.run(arrayAt(sites, "array-b").readMarker(group.id));
  expect([marker?.epoch, marker?.holder]).toEqual([epoch, undefined]);
  sites.stop();
});
