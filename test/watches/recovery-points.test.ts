import type { HttpTransport } from "@protector/ports";
import { arrayGroupName } from "@protector/storage";
import { expect, test } from "vitest";
import { writeTime } from "../../packages/server/src/db/codecs.ts";
import { readRecoveryPoints } from "../../packages/server/src/engine/watch/recovery-points.ts";
import { protectThreeTier, run } from "../world/protected-group.ts";
import type { TestSite } from "../world/test-site.ts";
import { createTwoSites } from "../world/two-sites.ts";
import { arrayAt, groupRow, watchPorts } from "./watched-site.ts";

async function protectedSites() {
  const sites = await createTwoSites();
  return { sites, group: await protectThreeTier(sites) };
}

function pointsOf(site: TestSite) {
  return site.connection.db.selectFrom("recovery_points").selectAll().orderBy("cut_at").execute();
}

test("points of both sites' lists follow the array, and stay one row each", async () => {
  const { sites, group } = await protectedSites();
  for (const site of [sites.a, sites.b]) {
    await sites.clock.run(readRecoveryPoints(watchPorts(sites, site)));
    const first = await pointsOf(site);
    expect(first.length).toBeGreaterThan(0);
    expect(first.every((row) => row.source_site_id === sites.a.id)).toBe(true);
    await sites.clock.advance(30_000);
    await sites.clock.run(readRecoveryPoints(watchPorts(sites, site)));
    const again = await pointsOf(site);
    expect(again.slice(0, first.length).map(({ id }) => id)).toEqual(first.map(({ id }) => id));
  }
  const row = await groupRow(sites.a, group.id);
  expect([row.protection, row.protection_reason]).toEqual(["protected", null]);
  const newest = (await pointsOf(sites.a)).filter(({ is_usable }) => is_usable === 1).at(-1);
  expect(row.last_recovery_point_at).toBe(newest?.cut_at);
  sites.stop();
});

test("a point that somebody waited for is in the list when the wait is over, with what the array tells of it", async () => {
  const { sites, group } = await protectedSites();
  const id = await run(sites, sites.a, group.id, { type: "sync" });
  const name = `protector-${id.replaceAll("-", "").slice(0, 12)}-s-0`;
  const of = (rows: Awaited<ReturnType<typeof pointsOf>>) => {
    const row = rows.find((each) => each.name === name);
    return row && { ...row, seen_at: "", volumes_digest: null };
  };
  const waited = of(await pointsOf(sites.a));
  expect(waited).toMatchObject({ is_usable: 1, progress: 1 });
  await sites.clock.run(readRecoveryPoints(watchPorts(sites, sites.a)));
  expect(of(await pointsOf(sites.a))).toEqual(waited);
  sites.stop();
});

test("what a point holds is asked once, and a round that finds nothing new writes nothing", async () => {
  const { sites } = await protectedSites();
  const ports = watchPorts(sites, sites.a);
  let asked = 0;
  const transport: HttpTransport = (request) => {
    if (new URL(request.url).pathname.endsWith("/volume-snapshots")) asked += 1;
    return ports.transport(request);
  };
  const look = () => sites.clock.run(readRecoveryPoints({ ...ports, transport }));
  await look();
  expect(asked).toBe(1);
  const before = await pointsOf(sites.a);
  await sites.clock.advance(1_000);
  await look();
  expect(asked).toBe(1);
  expect(await pointsOf(sites.a)).toEqual(before);
  sites.stop();
});

test("a point that was written down while the array was asked is not forgotten", async () => {
  const { sites } = await protectedSites();
  const ports = watchPorts(sites, sites.a);
  const made = { name: "made-meanwhile", seen_at: writeTime(sites.clock.now() + 1) };
  const transport: HttpTransport = async (request) => {
    const answer = await ports.transport(request);
    const { db } = sites.a.connection;
    const [row] = await pointsOf(sites.a);
    const isListed = new URL(request.url).pathname.endsWith("/protection-group-snapshots");
    if (isListed && row) {
      const another = { ...row, ...made, id: sites.random.uuid() };
      await db.insertInto("recovery_points").values(another).execute();
    }
    return answer;
  };
  await sites.clock.run(readRecoveryPoints(ports));
  await sites.clock.run(readRecoveryPoints({ ...ports, transport }));
  const names = async () => (await pointsOf(sites.a)).map(({ name }) => name);
  expect(await names()).toContain(made.name);
  await sites.clock.advance(1_000);
  await sites.clock.run(readRecoveryPoints(ports));
  expect(await names()).not.toContain(made.name);
  sites.stop();
});

test("a point that the array no longer has is forgotten", async () => {
  const { sites, group } = await protectedSites();
  await sites.clock.run(readRecoveryPoints(watchPorts(sites, sites.a)));
  const [oldest] = await pointsOf(sites.a);
  const source = { group: arrayGroupName(group.id), array: "array-a" };
  await sites.clock.run(arrayAt(sites, "array-b").destroyRecoveryPoint(source, oldest?.name ?? ""));
  await sites.clock.advance(1_000);
  await sites.clock.run(readRecoveryPoints(watchPorts(sites, sites.a)));
  expect((await pointsOf(sites.a)).map(({ name }) => name)).not.toContain(oldest?.name);
  sites.stop();
});

test("a group whose points stay away is unprotected, with the age as reason", async () => {
  const { sites, group } = await protectedSites();
  const [link] = sites.world.links;
  if (link) link.isUp = false;
  await sites.clock.advance(31 * 60_000);
  await sites.clock.run(readRecoveryPoints(watchPorts(sites, sites.a)));
  const row = await groupRow(sites.a, group.id);
  expect(row.protection).toBe("unprotected");
  expect(row.protection_reason).toMatch(/3\d min old; the RPO is 15 min/);
  sites.stop();
});

test("a group whose schedule is off is paused", async () => {
  const { sites, group } = await protectedSites();
  const settings = { enabled: false, intervalMs: 300_000, retention: { allForSeconds: 86_400, perDay: 4, days: 7 } };
  await sites.clock.run(arrayAt(sites, "array-a").setReplication(arrayGroupName(group.id), settings));
  await sites.clock.run(readRecoveryPoints(watchPorts(sites, sites.a)));
  expect((await groupRow(sites.a, group.id)).protection).toBe("paused");
  sites.stop();
});

test("a point that lacks a member's volume does not protect the group", async () => {
  const { sites, group } = await protectedSites();
  const [first] = await sites.a.connection.db.selectFrom("cg_volumes").selectAll().execute();
  await sites.a.connection.db
    .updateTable("cg_volumes")
    .set({ array_volume: "volume-new-cinder" })
    .where("id", "=", first?.id ?? "")
    .execute();
  await sites.clock.run(readRecoveryPoints(watchPorts(sites, sites.a)));
  const row = await groupRow(sites.a, group.id);
  expect(row.protection).toBe("seeding");
  expect(row.protection_reason).toContain("volume-new-cinder");
  sites.stop();
});

test("a silent array of one group is told and leaves what is known", async () => {
  const { sites, group } = await protectedSites();
  await sites.clock.run(readRecoveryPoints(watchPorts(sites, sites.a)));
  sites.world.conditions.inject({ service: "array-b", fault: { kind: "unreachable" } });
  const before = await pointsOf(sites.a);
  await sites.clock.run(readRecoveryPoints(watchPorts(sites, sites.a)));
  expect(await pointsOf(sites.a)).toEqual(before);
  expect(sites.events.filter(({ kind }) => kind === "watch_failed")).toMatchObject([
    { watch: "recovery-points", subject: group.id },
  ]);
  sites.stop();
});
