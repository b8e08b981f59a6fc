import type { Operation, ProtectionGroup } from "@protector/contract";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { SiteName, TestSite } from "../world/test-site.ts";
import { protectShop } from "./shop.ts";
import { openWorkingSites, type WorkingSites } from "./working-sites.ts";

/** Who works with the site that is left and the new one, or from the lost site. */
const as = (cloud: string, other: string) => ({ env: { OS_CLOUD: cloud, OS_SECONDARY_CLOUD: other } });
const NEW_PAIR = as("site-a", "site-c");
const FROM_LOST = as("site-b", "site-a");
const REASON = '--reason "site B burnt down, all of it"';

let here: WorkingSites;
let spare: TestSite;
beforeEach(async () => {
  here = await openWorkingSites({ hasSpareSite: true });
  await protectShop(here, { members: ["db-01"] });
  spare = await here.openSpareSite();
});
afterEach(() => here.stop());

/** Site B is gone for good, and site C takes its place. */
async function replaceSiteB(): Promise<void> {
  here.destroy(here.sites.b);
  const { db } = here.sites.a.connection;
  await here.until("the engine has missed site B", async () => {
    const sites = await db.selectFrom("sites").select("reachability").execute();
    return sites.some(({ reachability }) => reachability === "unreachable");
  });
  await must("site create site-a site-c", as("admin-a", "admin-c"));
  await must("site validate site-c", as("admin-a", "admin-c"));
  await must("tenant-mapping create --project demo --secondary-project demo", as("admin-a", "admin-c"));
  await must(`pg replace-peer shop --secondary-backend array-c ${REASON} --yes --wait`, NEW_PAIR);
  await must("mapping suggest shop --apply", NEW_PAIR);
}

async function must(line: string, host: ReturnType<typeof as>): Promise<void> {
  const { code, stderr } = await here.run(line, host);
  expect({ line, code, stderr: code === 0 ? "" : stderr }).toEqual({ line, code: 0, stderr: "" });
}

/** Site B is back, and its engine has looked at the arrays. */
async function returnSiteB(): Promise<void> {
  here.restore(here.sites.b);
  const { db } = here.sites.b.connection;
  await here.until("site B has seen that it was given up", async () => {
    const group = await db.selectFrom("protection_groups").select("given_up_at").executeTakeFirst();
    return group?.given_up_at !== null;
  });
}

function runningAt(name: SiteName): readonly string[] {
  const cloud = here.sites.world.cloud(name);
  return [...cloud.compute.servers.values()].filter(({ id }) => cloud.guest(id).isRunning).map((each) => each.name);
}

/** Names of what array `name` holds of Protector's; what it lists of a group at another array goes with that. */
function protectorsAt(name: string): readonly string[] {
  const array = here.sites.world.describe().arrays.find((each) => each.name === name);
  return [...(array?.volumes ?? []), ...(array?.groups ?? [])]
    .filter((each) => !each.isDestroyed && /^protector-[0-9a-f]{12}/.test(each.name))
    .map((each) => each.name);
}

it("a group whose second site is lost gets another one, and fails over to it", { timeout: 120_000 }, async () => {
  await replaceSiteB();
  expect(await here.read<ProtectionGroup>("pg show shop", NEW_PAIR)).toMatchObject({
    status: "active",
    protection: "protected",
    peer_site_id: spare.id,
    sync_status: "IN SYNC",
    is_given_up: false,
  });
  const done = await here.read<Operation>("failover shop --yes --wait", NEW_PAIR);
  expect(done).toMatchObject({ status: "completed", data_loss_seconds: 0 });
  expect(runningAt("site-c")).toEqual(["db-01"]);
  expect(runningAt("site-a")).not.toContain("db-01");
});

it("the lost site, back again, does nothing with the group any more, and can forget it", {
  timeout: 120_000,
}, async () => {
  await replaceSiteB();
  await returnSiteB();
  expect(await here.read("pg list", FROM_LOST)).toEqual([
    expect.objectContaining({ is_given_up: true, protection: "unprotected", sync_status: "OUT OF SYNC" }),
  ]);
  for (const line of [
    "failover shop --yes",
    "failover shop --unplanned --yes",
    "test-failover shop --yes",
    `reclaim shop --site site-b --yes ${REASON}`,
    "pg set shop --description other",
  ]) {
    const { code, stderr } = await here.run(line, FROM_LOST);
    expect({ line, code, stderr }).toEqual({
      line,
      code: 3,
      stderr: expect.stringMatching(/given (this site|site-b) up as the second site of "shop"[\s\S]*--peer-lost/),
    });
  }
  const before = { a: protectorsAt("array-a"), c: protectorsAt("array-c") };
  expect(protectorsAt("array-b")).not.toEqual([]);
  await must(`pg delete shop --peer-lost ${REASON} --wait`, FROM_LOST);
  const { db } = here.sites.b.connection;
  expect(await db.selectFrom("protection_groups").select("id").execute()).toEqual([]);
  expect(protectorsAt("array-b")).toEqual([]);
  expect({ a: protectorsAt("array-a"), c: protectorsAt("array-c") }).toEqual(before);
  expect(await here.read<ProtectionGroup>("pg show shop", NEW_PAIR)).toMatchObject({ protection: "protected" });
  expect(runningAt("site-a")).toContain("db-01");
});

it("an old home that was given up unlocks its servers when it forgets the group, and starts none", {
  timeout: 120_000,
}, async () => {
  const newPair = as("site-b", "site-c");
  here.destroy(here.sites.a);
  await must(`failover shop --unplanned --yes --wait ${REASON}`, FROM_LOST);
  await must("site create site-b site-c", as("admin-b", "admin-c"));
  await must("site validate site-c", as("admin-b", "admin-c"));
  await must("tenant-mapping create --project demo --secondary-project demo", as("admin-b", "admin-c"));
  const { db } = here.sites.b.connection;
  await here.until("the engine has missed site A", async () => {
    const sites = await db.selectFrom("sites").select("reachability").execute();
    return sites.some(({ reachability }) => reachability === "unreachable");
  });
  await must(`pg replace-peer shop --secondary-backend array-c ${REASON} --yes --wait`, newPair);
  const elsewhere = await here.run(`reclaim shop --site site-c --yes ${REASON}`, newPair);
  expect(elsewhere).toMatchObject({ code: 3, stderr: expect.stringContaining("never ran at this site") });
  const plan = await here.run(`reclaim shop --dry-run ${REASON}`, newPair);
  expect(plan.stdout, "the servers run where they are at home now").toMatch(/reclaim of "shop" from site-c to site-b/);
  here.restore(here.sites.a);
  const server = () =>
    [...here.sites.world.cloud("site-a").compute.servers.values()].find(({ name }) => name === "db-01");
  await here.until("site A has stopped and locked its server", async () => server()?.lockedBy === "admin");
  const atA = as("site-a", "site-b");
  await must(`pg delete shop --peer-lost ${REASON} --wait`, atA);
  expect({ lockedBy: server()?.lockedBy, runs: runningAt("site-a").includes("db-01") }).toEqual({
    lockedBy: undefined,
    runs: false,
  });
  expect(runningAt("site-b")).toEqual(["db-01"]);
  expect(protectorsAt("array-a")).toEqual([]);
  expect(await here.read<ProtectionGroup>("pg show shop", newPair)).toMatchObject({ status: "active" });
});
