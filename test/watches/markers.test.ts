import { arrayGroupName, flashArrayDriver } from "@protector/storage";
import { expect, test } from "vitest";
import { nextEpoch } from "../../packages/server/src/domain/epochs.ts";
import { watchMarkers } from "../../packages/server/src/engine/watch/markers.ts";
import { protectThreeTier } from "../world/protected-group.ts";
import { createTwoSites, enginePorts, type TestSite, type TwoSites } from "../world/two-sites.ts";

async function takeOver(sites: TwoSites, groupId: string, by: TestSite, from: TestSite): Promise<number> {
  const { world, clock, random } = sites;
  const { epoch } = await groupRow(from, groupId);
  const next = nextEpoch(epoch, { primary: by.id, peer: from.id });
  const array = flashArrayDriver({ transport: world.transport, clock, random }).connect({
    url: "https://127.0.0.21",
    apiToken: "token-array-a",
    tls: {},
  });
  const holder = "0123abcd-0000-4000-8000-000000000000";
  await array.swapMarker({ groupId, epoch, holder: undefined }, { groupId, epoch: next, holder });
  return next;
}

function groupRow(site: TestSite, id: string) {
  return site.connection.db.selectFrom("protection_groups").selectAll().where("id", "=", id).executeTakeFirstOrThrow();
}

function dutiesOf(site: TestSite) {
  return site.connection.db.selectFrom("duties").selectAll().execute();
}

function serversOf(sites: TwoSites) {
  return sites.world.describe().clouds[0]?.servers ?? [];
}

test("a site that sees a higher epoch of the other site fences itself", async () => {
  const sites = await createTwoSites();
  const group = await protectThreeTier(sites);
  const ports = enginePorts(sites.world, sites.a, sites.events, {});
  const epoch = await sites.clock.run(takeOver(sites, group.id, sites.b, sites.a));
  await sites.clock.run(watchMarkers(ports));
  const row = await groupRow(sites.a, group.id);
  expect([row.epoch, row.primary_site_id, row.status]).toEqual([epoch, sites.b.id, "failed_over"]);
  expect(serversOf(sites).map(({ status }) => status)).toEqual(["SHUTOFF", "SHUTOFF", "SHUTOFF"]);
  expect((await dutiesOf(sites.a)).map(({ kind, state, last_error }) => [kind, state, last_error])).toEqual([
    ["group.fence", "done", null],
  ]);
  expect(
    sites.world
      .array("array-a")
      .model.describe()
      .groups.find(({ name }) => name === arrayGroupName(group.id)),
  ).toMatchObject({});
  expect(sites.events).toContainEqual({ kind: "primary_changed", groupId: group.id, epoch });
  sites.stop();
});
