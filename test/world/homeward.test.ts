import { seedVolume } from "@protector/simulator";
import { afterEach, expect, test } from "vitest";
import { readJson } from "../../packages/server/src/db/codecs.ts";
import { awayGroup, carryAway, carryHome, followWrites, goAway, protectBack } from "./failback-run.ts";
import { type WritingGroup, writingGroup } from "./failover-run.ts";
import { groupRow, identitiesAtHome, orderHomeward, settleHome } from "./homeward-run.ts";
import { cloudAs } from "./people.ts";
import { run } from "./protected-group.ts";
import { operationRow } from "./test-run.ts";
import { errorOf, letBothSitesRest, lose, REASON, running } from "./unplanned-run.ts";

let writing: WritingGroup;
afterEach(() => writing.sites.stop());

test("with the site that the group runs at lost, its servers come home with their ids, ports and addresses", async () => {
  writing = await awayGroup();
  const { sites } = writing;
  const before = identitiesAtHome(writing);
  const written = followWrites(writing);
  await sites.clock.advance(330_000);
  lose(writing, sites.b, "all");
  const id = await orderHomeward(writing, { reason: REASON });
  expect([await settleHome(writing, id), await errorOf(writing, id, sites.a)]).toEqual(["completed", null]);
  expect(identitiesAtHome(writing)).toEqual(before);
  const servers = sites.world.cloud("site-a").describe().servers;
  expect(servers.map(({ status, lockedBy }) => [status, lockedBy])).toEqual(Array(3).fill(["ACTIVE", null]));
  expect(await groupRow(writing, "a")).toMatchObject({
    status: "active",
    protection: "unprotected",
    primary_site_id: sites.a.id,
    current_operation_id: null,
  });
  expect([...written.values()].every(({ last }) => last() > 0)).toBe(true);
  expect(sites.world.problems).toEqual([]);
});

test("when the lost site is back its servers are stopped; reprotected at home, it is emptied and what it wrote alone is kept", async () => {
  writing = await awayGroup();
  const { sites, group } = writing;
  await sites.clock.advance(330_000);
  const bringBack = lose(writing, sites.b, "all");
  expect(await settleHome(writing, await orderHomeward(writing, { reason: REASON }))).toBe("completed");
  bringBack();
  await letBothSitesRest(writing);
  expect([running(writing, "site-a"), running(writing, "site-b")]).toEqual([3, 0]);
  const { model } = sites.world.array("array-b");
  const disks = [...sites.world.cloud("site-b").volumes.volumes.values()].map(({ providerId }) => providerId ?? "");
  const left = disks.map((disk) => model.writesOfVolume(disk).length).filter((count) => count > 0);
  const id = await run(sites, sites.a, group.id, { type: "reprotect" });
  expect(sites.world.cloud("site-b").describe()).toMatchObject({ servers: [], volumes: [], volumeGroups: [] });
  const { leftovers } = await operationRow(writing, id, sites.a);
  const kept = readJson(leftovers).map(({ subject }) => subject.replace("Array volume ", ""));
  expect(
    kept
      .map((name) => model.writesOfVolume(name).length)
      .filter((count) => count > 0)
      .toSorted(),
  ).toEqual(left.toSorted());
  expect(await groupRow(writing, "a")).toMatchObject({ status: "active", protection: "protected" });
  await carryAway(writing);
  await goAway(writing);
  expect(running(writing, "site-b")).toBe(3);
  expect(sites.world.problems).toEqual([]);
});

test("a volume that grew at the lost site has its size at home, in Cinder too", async () => {
  writing = await awayGroup(1);
  const { sites } = writing;
  const [disk] = sites.world.cloud("site-b").compute.servers.values().next().value?.disks ?? [];
  await sites.clock.run(cloudAs(sites, "site-b", "tenant").volume.extendVolume(disk?.volumeId ?? "", 40));
  await sites.clock.advance(660_000);
  lose(writing, sites.b, "all");
  const id = await orderHomeward(writing, { reason: REASON });
  expect([await settleHome(writing, id), await errorOf(writing, id, sites.a)]).toEqual(["completed", null]);
  const sizes = [...sites.world.cloud("site-a").volumes.volumes.values()].map(({ sizeGiB, backend, providerId }) => {
    return [sizeGiB, (backend.array.findVolume(providerId ?? "")?.bytes ?? 0) / 2 ** 30];
  });
  expect(sizes.filter(([gib]) => gib === 40)).toEqual([[40, 40]]);
  expect(sizes.every(([cinder, array]) => cinder === array)).toBe(true);
});

test("before anything has replicated back it is refused, and reclaim is named", async () => {
  writing = await writingGroup(1);
  const { sites } = writing;
  await goAway(writing);
  await carryHome(writing);
  lose(writing, sites.b, "all");
  const id = await orderHomeward(writing, { reason: REASON });
  expect(await settleHome(writing, id)).toBe("failed");
  const error = await errorOf(writing, id, sites.a);
  expect(error?.code).toBe("protector.recovery_point.none");
  expect(error?.detail).toContain("protector reclaim shop");
  expect(
    sites.world
      .cloud("site-a")
      .describe()
      .servers.map(({ status }) => status),
  ).toContain("SHELVED_OFFLOADED");
});

test("what was attached while away comes home attached, and a server that is gone at home is rebuilt on what is left", async () => {
  writing = await writingGroup(1);
  const { sites, group } = writing;
  await goAway(writing);
  const [away] = sites.world.cloud("site-b").compute.servers.values();
  const { project, user, basics } = sites.b.tenant;
  const volume = { owner: { project, user }, name: "fresh", sizeGiB: 3, type: basics.replicated };
  const { id: volumeId } = seedVolume(sites.world.cloud("site-b"), volume);
  const { compute } = cloudAs(sites, "site-b", "tenant");
  await sites.clock.run(compute.attachVolume(away?.id ?? "", { volumeId, deleteOnTermination: false }));
  await sites.clock.advance(60_000);
  await protectBack(writing);
  const addresses = identitiesAtHome(writing).find(({ name }) => name === "db-01")?.addresses;
  const home = group.servers[0]?.server.id ?? "";
  await sites.clock.run(cloudAs(sites, "site-a", "admin").compute.deleteServer(home));
  await sites.clock.advance(60_000);
  lose(writing, sites.b, "all");
  const id = await orderHomeward(writing, { reason: REASON });
  expect([await settleHome(writing, id), await errorOf(writing, id, sites.a)]).toEqual(["completed", null]);
  const back = identitiesAtHome(writing).find(({ name }) => name === "db-01");
  expect(back?.id).not.toBe(home);
  expect(back?.volumes).toHaveLength((group.servers[0]?.volumes.length ?? 0) + 1);
  expect(back?.addresses).toEqual(addresses);
});
