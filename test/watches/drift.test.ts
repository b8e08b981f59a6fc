import { connectCloud } from "@protector/openstack";
import { seedVolume } from "@protector/simulator";
import { arrayGroupName } from "@protector/storage";
import { afterEach, expect, test } from "vitest";
import { readJson, readOptionalJson } from "../../packages/server/src/db/codecs.ts";
import { watchReadiness } from "../../packages/server/src/engine/watch/readiness.ts";
import { awayGroup } from "../world/failback-run.ts";
import { cutOffAt } from "../world/interrupted-run.ts";
import { carry, type ProtectedGroup, protectThreeTier, run } from "../world/protected-group.ts";
import { createTwoSites, type TwoSites } from "../world/two-sites.ts";
import { arrayAt, groupRow, watchPorts } from "./watched-site.ts";

let sites: TwoSites;
let group: ProtectedGroup;
afterEach(() => sites.stop());

async function protect(): Promise<void> {
  sites = await createTwoSites();
  group = await protectThreeTier(sites);
}

/** A server of the group at site A, and the tenant who changes it. */
function dbServer() {
  const [{ server, volumes } = { server: undefined, volumes: [] }] = group.servers;
  if (!server) throw new Error("no server");
  const { world, clock, random } = sites;
  const cloud = world.cloud("site-a");
  const tenant = connectCloud(
    {
      authUrl: cloud.authUrl,
      credential: {
        kind: "password",
        username: "demo",
        password: "labdemo",
        userDomainName: "Default",
        scope: { kind: "project", projectName: "demo", projectDomainName: "Default" },
      },
    },
    { transport: world.transport, clock, random },
  );
  return { server, volumes, cloud, tenant };
}

async function attachNew(name: string, type: Parameters<typeof seedVolume>[1]["type"]): Promise<string> {
  const { server, cloud, tenant } = dbServer();
  const { project, user } = sites.a.tenant;
  const { id } = seedVolume(cloud, { owner: { project, user }, name, sizeGiB: 3, type });
  await sites.clock.run(tenant.compute.attachVolume(server.id, { volumeId: id, deleteOnTermination: false }));
  await sites.clock.advance(60_000);
  return id;
}

async function detach(volumeId: string): Promise<void> {
  const { server, tenant } = dbServer();
  await sites.clock.run(tenant.compute.detachVolume(server.id, volumeId));
  await sites.clock.advance(60_000);
}

async function findings() {
  await sites.clock.advance(900_000);
  await sites.clock.run(watchReadiness(watchPorts(sites, sites.a)));
  const { checks } = readJson((await groupRow(sites.a, group.id)).readiness);
  return checks.filter(({ severity }) => severity === "critical" || severity === "warning");
}

function history() {
  return sites.a.connection.db
    .selectFrom("readiness_findings")
    .selectAll()
    .where("severity", "!=", "info")
    .orderBy("found_at")
    .execute();
}

test("what changes on a server is told with the command that accepts it, and what has come and gone stays listed", async () => {
  await protect();
  const { cloud, volumes } = dbServer();
  const data = volumes.at(-1);
  const { replicated } = sites.a.tenant.basics;
  const plain = cloud.volumes.createType("plain", {});
  await attachNew("fresh", replicated);
  await attachNew("scratch", plain);
  await detach(data?.id ?? "");
  const root = cloud.volumes.volumes.get(volumes[0]?.id ?? "");
  if (root) root.sizeGiB += 5;
  const port = [...cloud.networks.ports.values()].find(({ deviceId }) => deviceId === dbServer().server.id);
  if (port) port.securityGroupIds = [];
  const found = await findings();
  expect(found.map(({ check, severity }) => `${severity} ${check}`)).toEqual([
    "critical drift.volume_added",
    "critical drift.volume_unreplicated",
    "critical drift.volume_detached",
    "warning drift.volume_resized",
    "warning drift.nic_changed",
  ]);
  expect(found.every(({ subject }) => subject === "db-01")).toBe(true);
  expect(found[0]?.remedy).toBe("If that is meant: protector member update shop db-01 --accept-drift");
  const since = found.map((each) => each.since);
  if (root) root.sizeGiB -= 5;
  const later = await findings();
  expect(later.map((each) => each.since)).toEqual(since.filter((_, index) => index !== 3));
  const gone = (await history()).filter(({ gone_at }) => gone_at !== null);
  expect(gone.map(({ check_name }) => check_name)).toEqual(["drift.volume_resized"]);
});

test("accepted drift is in the description, the array group and the Cinder group; accepting again changes nothing", async () => {
  await protect();
  const { cloud, volumes } = dbServer();
  const fresh = await attachNew("fresh", sites.a.tenant.basics.replicated);
  const data = volumes.at(-1)?.id ?? "";
  await detach(data);
  expect((await findings()).map(({ check }) => check)).toEqual(["drift.volume_added", "drift.volume_detached"]);
  const before = await groupRow(sites.a, group.id);
  const id = await run(sites, sites.a, group.id, { type: "member_update" });
  const after = await groupRow(sites.a, group.id);
  expect([after.generation, after.protection]).toEqual([before.generation + 1, "seeding"]);
  const operation = await sites.a.connection.db
    .selectFrom("dr_operations")
    .select("plan")
    .where("id", "=", id)
    .executeTakeFirst();
  const told = readOptionalJson(operation?.plan ?? null)?.warnings.map(({ reason }) => reason);
  expect(told).toEqual(["Volume fresh (3 GiB) is protected from now on.", expect.stringMatching(/is let go\.$/)]);
  const arrayName = (volumeId: string) => `volume-${volumeId}-cinder`;
  const arrayGroup = await sites.clock.run(arrayAt(sites, "array-a").findGroup(arrayGroupName(group.id)));
  expect(arrayGroup?.members).toContain(arrayName(fresh));
  expect(arrayGroup?.members).not.toContain(arrayName(data));
  expect(cloud.volumes.volumes.get(fresh)?.groupId).toBe(
    [...cloud.volumes.volumes.values()].find(({ id: other }) => other === volumes[0]?.id)?.groupId,
  );
  expect(cloud.volumes.volumes.get(data)?.groupId ?? null).toBeNull();
  await run(sites, sites.a, group.id, { type: "member_update" });
  expect((await groupRow(sites.a, group.id)).generation).toBe(after.generation);
  await carry(sites, sites.a, sites.b, group.id);
  await run(sites, sites.a, group.id, { type: "sync" });
  expect(await findings()).toEqual([]);
  expect(sites.world.problems).toEqual([]);
});

test("a member that cannot be protected as it is now is refused, and nothing changes", async () => {
  await protect();
  const plain = dbServer().cloud.volumes.createType("plain", {});
  await attachNew("scratch", plain);
  const before = await groupRow(sites.a, group.id);
  await expect(run(sites, sites.a, group.id, { type: "member_update" })).rejects.toThrow(
    /plain, which is not replicated/,
  );
  expect((await groupRow(sites.a, group.id)).generation).toBe(before.generation);
});

/** Journal writes of an accepted drift are a dozen; every third is struck. */
const STRUCK = [1, 4, 7, 10];

test.each(STRUCK)("an engine that dies at journal write %i of accepting leaves it to another one", async (index) => {
  await protect();
  const fresh = await attachNew("fresh", sites.a.tenant.basics.replicated);
  const before = await groupRow(sites.a, group.id);
  const order = () => sites.order(sites.a, group.id, { type: "member_update" });
  const point = { commit: index, when: "after" } as const;
  const { operationId } = await cutOffAt({ sites, group }, point, (line) => line.kill(), { order, site: "a" });
  const second = sites.engine(sites.a, { host: "site-a-engine-2" });
  expect(await sites.settle(sites.a, operationId, second)).toBe("completed");
  const members = await sites.clock.run(arrayAt(sites, "array-a").findGroup(arrayGroupName(group.id)));
  expect(members?.members.filter((name) => name.includes(fresh))).toHaveLength(1);
  expect((await groupRow(sites.a, group.id)).generation).toBe(before.generation + 1);
  expect(sites.world.problems).toEqual([]);
});

test("a server that waits at home and is deleted there is told while the group is away", async () => {
  const writing = await awayGroup(1);
  ({ sites, group } = writing);
  const { cloud } = dbServer();
  const admin = connectCloud(
    {
      authUrl: cloud.authUrl,
      credential: {
        kind: "password",
        username: "admin",
        password: "labadmin",
        userDomainName: "Default",
        scope: { kind: "project", projectName: "admin", projectDomainName: "Default" },
      },
    },
    { transport: sites.world.transport, clock: sites.clock, random: sites.random },
  );
  const look = async () => {
    await sites.clock.advance(900_000);
    await sites.clock.run(watchReadiness(watchPorts(sites, sites.b)));
    return readJson((await groupRow(sites.b, group.id)).readiness)
      .checks.map(({ reason }) => reason)
      .join("\n");
  };
  expect(await look()).not.toContain("Rebuild");
  await sites.clock.run(admin.compute.deleteServer(dbServer().server.id));
  await sites.clock.advance(60_000);
  expect(await look()).toContain("Rebuild: its server is gone from site-a; it comes home with another id.");
});
