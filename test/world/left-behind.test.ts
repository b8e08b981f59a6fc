import { writesOf } from "@protector/simulator";
import { arrayGroupName } from "@protector/storage";
import { afterEach, expect, test } from "vitest";
import { readJson, readOptionalJson } from "../../packages/server/src/db/codecs.ts";
import { doDuties } from "../../packages/server/src/engine/watch/duties.ts";
import { watchMarkers } from "../../packages/server/src/engine/watch/markers.ts";
import { arrayAt } from "../watches/watched-site.ts";
import { serverAt } from "./changed-away.ts";
import { awayGroup, carryAway, carryHome, followWrites, goAway, orderFailback, type Written } from "./failback-run.ts";
import { orderFailover, type WritingGroup, writingGroup } from "./failover-run.ts";
import { Lifeline } from "./killable.ts";
import { cloudAs } from "./people.ts";
import { run } from "./protected-group.ts";
import { operationRow, orderCleanup, orderTest, settleTest } from "./test-run.ts";
import {
  errorOf,
  letBothSitesRest,
  lose,
  orderUnplanned,
  owedAt,
  REASON,
  running,
  writingAtSource,
} from "./unplanned-run.ts";

let writing: WritingGroup;
afterEach(() => writing.sites.stop());

interface Reclaimed {
  /** What the servers that site B had recovered wrote there. */
  readonly written: Written;
  /** Their ids. */
  readonly left: readonly string[];
}

/**
 * A group whose servers site B has recovered and let write, before that was lost too and site A took the group back: no
 * document of the failover has come to site A. Site B is back, with its servers as they were.
 */
async function reclaimed(): Promise<Reclaimed> {
  writing = await writingGroup();
  const { sites, group } = writing;
  const bringBack = lose(writing, sites.a, "all");
  await goAway(writing, () => orderUnplanned(writing, { reason: REASON }));
  const written = followWrites(writing);
  const left = serversAtB().map(({ id }) => id);
  const bringBackB = lose(writing, sites.b, "all", { resumeGuests: true });
  bringBack();
  await run(sites, sites.a, group.id, { type: "reclaim", parameters: { reason: "site B is lost as well" } });
  for (const { server } of group.servers) sites.world.cloud("site-a").guest(server.id).startWriting(1000);
  bringBackB();
  return { written, left };
}

function serversAtB() {
  return [...writing.sites.world.cloud("site-b").compute.servers.values()];
}

function portsAtB() {
  return [...writing.sites.world.cloud("site-b").networks.ports.values()];
}

/** Writes of the servers that were left which no kept volume of site B's array holds, by server. */
function lostInKept(written: Written): readonly string[] {
  const { model } = writing.sites.world.array("array-b");
  const kept = model.describe().volumes.filter(({ name, isDestroyed }) => /-kept-\d+$/.test(name) && !isDestroyed);
  const writes = kept.flatMap(({ name }) => writesOf(model.content(name)));
  return [...written].flatMap(([name, { writer, last }]) => {
    const found = new Set(writes.filter((write) => write.writer === writer).map(({ sequence }) => sequence));
    return last() > 0 && found.size === last() ? [] : [`${name}: ${found.size} of ${last()}`];
  });
}

async function planOf(id: string) {
  return readOptionalJson((await operationRow(writing, id)).plan);
}

async function reasonsOf(id: string) {
  const plan = await planOf(id);
  return {
    blockers: plan?.blockers.map(({ reason }) => reason),
    told: plan?.warnings.find(({ check }) => check === "failover.left_behind")?.reason,
  };
}

/** What is waited for before anything is made: actions of the steps. */
async function awaitedActions(id: string): Promise<readonly string[]> {
  const rows = await writing.sites.b.connection.db
    .selectFrom("dr_operation_steps")
    .select(["step_key", "action", "settings"])
    .where("operation_id", "=", id)
    .execute();
  const barrier = rows.find(({ step_key }) => step_key === "left.cleared");
  const { after } = readJson(barrier?.settings ?? ("{}" as never)) as { readonly after: readonly string[] };
  const actions = rows.filter(({ step_key }) => after.includes(step_key)).map(({ action }) => action);
  return [...new Set(actions)].toSorted();
}

test("a planned failover deletes what an older one had left, before anything is made, and keeps what was written there", async () => {
  const { written, left } = await reclaimed();
  await letBothSitesRest(writing);
  await carryAway(writing);
  const { sites, group } = writing;
  // What the failover had ended there goes on by itself.
  const sending = await sites.clock.run(arrayAt(sites, "array-a").findGroup(arrayGroupName(group.id)));
  expect([sending?.replication.enabled, sending?.targets.map(({ isAllowed }) => isAllowed)]).toEqual([true, [true]]);
  const dry = await sites.order(sites.b, group.id, { type: "failover", mode: "planned", isDryRun: true });
  expect(await settleTest(writing, dry)).toBe("completed");
  expect(await reasonsOf(dry)).toEqual({
    blockers: [],
    told: "An earlier recovery at site-b, taken back since, has left 3 servers, 4 ports, 5 volumes there: app-01, db-01, web-01. They are stopped and deleted first, and do not come back when this failover is cancelled. What was written there is nowhere else: it is kept as 5 array volumes outside of Cinder until you delete it: protector kept-snapshot list shop",
  });
  expect(serversAtB().map(({ id }) => id)).toEqual(left);
  const id = await orderFailover(writing);
  expect([await settleTest(writing, id), running(writing, "site-b")]).toEqual(["completed", 3]);
  expect(await awaitedActions(id)).toEqual(["away.delete"]);
  expect(serversAtB().filter((server) => left.includes(server.id))).toEqual([]);
  expect([portsAtB().filter(({ deviceId }) => left.includes(deviceId)), lostInKept(written)]).toEqual([[], []]);
  const kept = readJson((await operationRow(writing, id)).leftovers);
  expect(kept.map(({ subject }) => subject.replace(/ protector-.*/, ""))).toEqual(Array(5).fill("Array volume"));
  expect(sites.world.problems).toEqual([]);
});

test("an unplanned failover waits for their volumes only where there is no room beside them, and takes nobody else's", async () => {
  const { written, left } = await reclaimed();
  const { sites } = writing;
  // Site B knows by the marker who is primary, and could stop nothing yet.
  const fault = { kind: "refuse", status: 409 } as const;
  const hold = sites.world.conditions.inject({ service: "site-b/nova", method: "POST", path: /action$/, fault });
  await sites.clock.run(watchMarkers(sites.ports(sites.b)));
  hold();
  expect(running(writing, "site-b")).toBe(3);
  const { compute, volumes } = sites.world.cloud("site-b");
  // One was made to take its disks along, and nothing in Cinder keeps Nova from it.
  const [first] = serversAtB();
  for (const disk of first?.disks ?? []) {
    disk.deleteOnTermination = true;
    const volume = volumes.volumes.get(disk.volumeId);
    if (volume) volume.groupId = undefined;
  }
  compute.limitsOf(sites.b.projectId).instances = 3;
  volumes.limitsOf(sites.b.projectId).volumes = 5;
  lose(writing, sites.a, "all");
  const id = await orderUnplanned(writing, { reason: REASON });
  expect([await settleTest(writing, id), running(writing, "site-b")]).toEqual(["completed", 3]);
  expect(await awaitedActions(id)).toEqual(["away.cinder_group", "away.delete", "away.volume"]);
  expect(serversAtB().filter((server) => left.includes(server.id))).toEqual([]);
  expect([lostInKept(written), volumes.volumes.size]).toEqual([[], 5]);
  expect(sites.world.problems).toEqual([]);
});

test("what nobody can prove to be of an older recovery stays, and is told to be in the way", async () => {
  const { left } = await reclaimed();
  await letBothSitesRest(writing);
  const { sites } = writing;
  // One has lost the tag by which Protector knows its own.
  const [stranger] = serversAtB();
  if (stranger) stranger.tags = [];
  const id = await orderFailover(writing);
  expect(await settleTest(writing, id)).toBe("failed");
  const blockers = (await reasonsOf(id)).blockers ?? [];
  expect(blockers.filter((reason) => !reason.includes(`is held by ${stranger?.id}`))).toEqual([]);
  expect(blockers.length).toBeGreaterThan(0);
  expect(serversAtB().map((server) => server.id)).toEqual(left);
  expect(writingAtSource(writing)).toBe(3);
  expect(sites.world.problems).toEqual([]);
});

test("a test failover stands beside what was left, and its clean-up leaves that as it was", async () => {
  const { left } = await reclaimed();
  await letBothSitesRest(writing);
  await carryAway(writing);
  expect(await settleTest(writing, await orderTest(writing))).toBe("completed");
  expect([running(writing, "site-b"), serversAtB().length]).toEqual([3, 6]);
  expect(await settleTest(writing, await orderCleanup(writing))).toBe("completed");
  expect(serversAtB().map(({ id }) => id)).toEqual(left);
  expect(writing.sites.world.problems).toEqual([]);
});

/** Lets an engine of a site work on an operation until it has written that; then the site is lost, its engine too. */
async function loseAt(
  of: WritingGroup,
  { id, site, label }: { readonly id: string; readonly site: WritingGroup["sites"]["a"]; readonly label: string },
): Promise<() => void> {
  const { sites } = of;
  const lifeline = new Lifeline();
  const reached = Promise.withResolvers<() => void>();
  const afterCommit = (_id: string, labels: readonly string[]) => {
    if (!labels.includes(label)) return;
    reached.resolve(lose(of, site, "all", { resumeGuests: true }));
    lifeline.kill();
    return lifeline.gate();
  };
  const { gate } = lifeline;
  void sites.engine(site, { observer: { afterCommit }, gate }).look(id);
  return sites.clock.run(reached.promise);
}

test("servers of a failover that site B was lost in are deleted too, and it owes nothing any more", async () => {
  writing = await writingGroup();
  const { sites, group } = writing;
  const cut = await orderFailover(writing);
  const label = `step active.${group.memberIds[0]} completed`;
  const bringBack = await loseAt(writing, { id: cut, site: sites.b, label });
  const parameters = { reason: "site B burnt down, nothing runs there" };
  await run(sites, sites.a, group.id, { type: "reclaim", parameters });
  bringBack();
  expect(await settleTest(writing, cut)).toBe("superseded");
  await sites.clock.advance(60_000);
  await sites.clock.run(doDuties(sites.ports(sites.a)));
  await sites.clock.run(watchMarkers(sites.ports(sites.b)));
  await carryAway(writing);
  expect([running(writing, "site-b"), serversAtB().length]).toEqual([0, 1]);
  expect(await owedAt(sites.b)).toContain("server.create");
  expect(await settleTest(writing, await orderFailover(writing))).toBe("completed");
  await letBothSitesRest(writing);
  expect([await owedAt(sites.b), running(writing, "site-b"), serversAtB().length]).toEqual([[], 3, 3]);
  expect(sites.world.problems).toEqual([]);
});

test("what servers wrote at home in a failback that was taken back is kept when the group comes home at last", async () => {
  writing = await awayGroup(1);
  const { sites, group } = writing;
  const cut = await orderFailback(writing);
  const [member = ""] = group.memberIds;
  const bringBack = await loseAt(writing, { id: cut, site: sites.a, label: `step active.${member} completed` });
  const { guests } = sites.world.cloud("site-a");
  const parameters = { reason: "site A burnt down, nothing runs there" };
  await run(sites, sites.b, group.id, { type: "reclaim", parameters });
  bringBack();
  const [{ server } = { server: { id: "" } }] = group.servers;
  guests.find(server.id)?.startWriting(1000);
  await sites.clock.advance(5000);
  const last = guests.find(server.id)?.sequence ?? 0;
  expect(await sites.settle(sites.a, cut, sites.engine(sites.a, { host: "site-a-engine-2" }), 3_600_000)).toBe(
    "superseded",
  );
  await letBothSitesRest(writing);
  await carryHome(writing);
  await sites.clock.advance(60_000);
  const id = await orderFailback(writing);
  const engine = sites.engine(sites.a, { host: "site-a-engine-3" });
  expect(await sites.settle(sites.a, id, engine, 3_600_000)).toBe("completed");
  const { leftovers, plan } = await operationRow(writing, id, sites.a);
  expect(readOptionalJson(plan)?.warnings.map(({ check }) => check)).toContain("failback.kept");
  const names = readJson(leftovers).map(({ subject }) => subject.replace("Snapshot ", ""));
  const { model } = sites.world.array("array-a");
  const kept = names.flatMap((name) => model.writesOfSnapshot(name));
  expect(kept.filter(({ writer, sequence }) => writer === server.id && sequence === last)).toHaveLength(1);
  expect(model.describe().snapshots.filter(({ name, isDestroyed }) => names.includes(name) && isDestroyed)).toEqual([]);
  expect(sites.world.problems).toEqual([]);
});

test("a volume that its owner has detached away from home and left there is his: the next failover leaves it alone", async () => {
  writing = await awayGroup(1);
  const { sites, group } = writing;
  const { id: serverId, disks } = serverAt(writing, "site-b", "db-01");
  const { volumeId = "" } = disks.at(-1) ?? {};
  await sites.clock.run(cloudAs(sites, "site-b", "tenant").compute.detachVolume(serverId, volumeId));
  await sites.clock.advance(60_000);
  await run(sites, sites.a, group.id, { type: "failback" });
  await carryAway(writing);
  await sites.clock.advance(60_000);
  const his = () => sites.world.cloud("site-b").volumes.volumes.get(volumeId)?.name;
  const name = his();
  expect(name).toBeDefined();
  const id = await orderFailover(writing);
  expect([await settleTest(writing, id), await errorOf(writing, id)]).toEqual(["completed", null]);
  expect([his(), (await reasonsOf(id)).told]).toEqual([name, undefined]);
});
