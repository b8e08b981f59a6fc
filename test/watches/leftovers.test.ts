import { connectCloud } from "@protector/openstack";
import { expect, test } from "vitest";
import { loadOperation } from "../../packages/server/src/engine/runner/operation-store.ts";
import { doDuties } from "../../packages/server/src/engine/watch/duties.ts";
import { oweLeftoverScan } from "../../packages/server/src/engine/watch/leftovers.ts";
import { protectThreeTier, run } from "../world/protected-group.ts";
import { createTwoSites, type TwoSites } from "../world/two-sites.ts";
import { dutiesOf, watchPorts } from "./watched-site.ts";

/** A completed failover that two engines have worked on. */
async function failedOver() {
  const sites = await createTwoSites();
  const group = await protectThreeTier(sites);
  const id = await run(sites, sites.b, group.id, { type: "failover", mode: "planned" });
  const { db } = sites.b.connection;
  await db.updateTable("dr_operations").set({ lease_number: 2 }).where("id", "=", id).execute();
  const operation = await loadOperation(sites.b.connection, id);
  const owe = (lease_number: number) =>
    db
      .transaction()
      .execute((trx) => oweLeftoverScan(trx, watchPorts(sites, sites.b), { ...operation, lease_number }, sites.b.id));
  return { sites, id, owe, prefix: `protector-${id.replaceAll("-", "").slice(0, 12)}` };
}

/** What a late call of a paused engine makes: a port, a managed volume, a clone. */
async function makeLate(sites: TwoSites, id: string, prefix: string) {
  const { clock, random, world, b } = sites;
  const ports = watchPorts(sites, b);
  const admin = connectCloud(ports.settings.ownCloud, { transport: world.transport, clock, random });
  await admin.network.createPort({
    networkId: b.tenant.front.network.id,
    projectId: b.projectId,
    name: "late",
    description: `Protector operation ${id}, member ${id}`,
    fixedIps: [],
    securityGroupIds: [],
    isPortSecurityEnabled: true,
    allowedAddressPairs: [],
  });
  const { model } = world.array("array-b");
  model.createVolume(`${prefix}-0-0-l1`, 2 ** 30);
  model.createVolume(`${prefix}-late`, 2 ** 30);
  const credential = {
    kind: "password",
    username: "demo",
    password: "labdemo",
    userDomainName: "Default",
    scope: { kind: "project", projectName: "demo", projectDomainName: "Default" },
  } as const;
  const member = connectCloud(
    { authUrl: world.cloud("site-b").authUrl, credential },
    { transport: world.transport, clock, random },
  );
  await member.volume.manageVolume({
    host: "site-b@pure#pure",
    reference: `${prefix}-late`,
    name: `${prefix}-0-0`,
    description: "",
    volumeType: "replicated",
    isBootable: false,
    metadata: {},
  });
  await clock.sleep(5_000);
}

function stateOf({ world }: TwoSites) {
  const { volumes } = world.array("array-b").model.describe();
  return { cloud: world.cloud("site-b").describe(), array: volumes.filter(({ isDestroyed }) => !isDestroyed) };
}

test("what a late call made is found by its name after two time limits and deleted; what was recovered stays", async () => {
  const { sites, id, owe, prefix } = await failedOver();
  const before = stateOf(sites);
  await owe(2);
  await owe(2);
  await sites.clock.run(makeLate(sites, id, prefix));
  expect(stateOf(sites)).not.toEqual(before);
  await sites.clock.run(doDuties(watchPorts(sites, sites.b)));
  expect((await dutiesOf(sites.b)).map(({ kind, attempts }) => [kind, attempts])).toEqual([["operation.leftovers", 0]]);
  for (let round = 0; round < 3; round += 1) {
    await sites.clock.advance(121_000);
    await sites.clock.run(doDuties(watchPorts(sites, sites.b)));
  }
  expect(stateOf(sites)).toEqual(before);
  expect((await dutiesOf(sites.b)).map(({ state, last_error }) => [state, last_error])).toEqual([["done", null]]);
  expect(sites.world.problems).toEqual([]);
  sites.stop();
});

test("an operation that one engine worked on owes no second look", async () => {
  const { sites, owe } = await failedOver();
  await owe(1);
  expect(await dutiesOf(sites.b)).toEqual([]);
  sites.stop();
});
