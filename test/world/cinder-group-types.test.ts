import { expect, test } from "vitest";
import { protectThreeTier } from "./protected-group.ts";
import { syncMappings } from "./sync-run.ts";
import { createTwoSites, type TwoSites } from "./two-sites.ts";

/** The Cinder groups at site A: status, names of their types, and what the array has for them. */
function groupsInCinder({ world }: TwoSites) {
  const { groups, types } = world.cloud("site-a").volumes;
  const onArray = world.describe().arrays.find(({ name }) => name === "array-a")?.groups ?? [];
  return [...groups.values()].map(({ id, status, volumeTypeIds }) => ({
    status,
    types: volumeTypeIds.map((typeId) => types.get(typeId)?.name).toSorted(),
    onArray: onArray
      .filter(({ name }) => name.endsWith(`consisgroup-${id}-cinder`))
      .map(({ name }) => name.split("consis")[0]),
  }));
}

test("a group's Cinder group is outside of the pod where types of sync replication are there as well", async () => {
  const sites = await createTwoSites(1, { sync: {} });
  await protectThreeTier(sites, { count: 1 });
  expect(groupsInCinder(sites)).toEqual([{ status: "available", types: ["replicated"], onArray: [""] }]);
  sites.stop();
});

test("the Cinder group of a group in a pod is there, with types of sync replication alone", async () => {
  const sites = await createTwoSites(1, { sync: {} });
  await protectThreeTier(sites, { count: 1, replicationType: "sync", mappings: syncMappings(sites) });
  expect(groupsInCinder(sites)).toEqual([{ status: "available", types: ["sync"], onArray: ["cinder-pod::"] }]);
  sites.stop();
});

test("a Cinder group is made with types of the array's backend, since no other backend takes all of them", async () => {
  const sites = await createTwoSites();
  sites.world.cloud("site-a").volumes.createType("elsewhere", {
    volume_backend_name: "elsewhere",
    replication_enabled: "<is> True",
  });
  await protectThreeTier(sites, { count: 1 });
  expect(groupsInCinder(sites)).toEqual([{ status: "available", types: ["replicated"], onArray: [""] }]);
  sites.stop();
});
