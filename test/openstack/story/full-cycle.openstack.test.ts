import { linkSync, rmSync } from "node:fs";
import type { Operation, Plan, ProtectionGroup } from "@protector/contract";
import type { Cloud, Port, Server } from "@protector/openstack";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { liveNames } from "./array-objects.ts";
import { stopAtFirstFailure } from "./chapters.ts";
import { statesOf } from "./check-recovery.ts";
import { note } from "./figures.ts";
import { diskFile, fillDisk, firstDifference } from "./guest-disks.ts";
import { type MadeServer, makeWorkload } from "./make-workload.ts";
import { namedClouds } from "./named-clouds.ts";
import { openStage, tenantCloudThere } from "./open-stage.ts";
import { OverwriteWatch } from "./overwrite-watch.ts";
import { arrayPolicy, failOver, protect, registerTenant, siteIdOf } from "./protect.ts";
import type { Stage, StageArray } from "./stage.ts";
import { makeSurroundings } from "./surroundings.ts";
import { makeTenancy, type Tenancy } from "./tenancy.ts";
import { blankServer, threeTier } from "./workload.ts";
import { lastWriteOn, WritingGuest } from "./writing-guest.ts";

const GROUP = "cycle";
const DATABASE = "db-01";

/** What of a server has to be the same when it is home again. */
type Identity = Pick<Server, "id" | "name" | "status" | "isLocked" | "volumeIds"> & {
  readonly ports: readonly Pick<Port, "id" | "macAddress" | "fixedIps">[];
};

let stage: Stage;
let tenancy: Tenancy;
let servers: readonly MadeServer[];
let before: readonly Identity[];
/** The second site as the tenant sees it. */
let there: Cloud;
let guest: WritingGuest | undefined;
/** Second names of the second site's files, which keep the bytes when the site is emptied; by volume at the first. */
const written = new Map<string, string>();
let home: Operation;
/** Names on both arrays of what belongs to the group and to its volumes at the second site. */
let awayVolumes: readonly string[];

beforeAll(async () => {
  stage = await openStage();
});
afterAll(async () => {
  await guest?.stop();
  for (const file of written.values()) rmSync(file, { force: true });
  await stage.close();
});

// The bytes of both arrays have to be in reach.
describe.skipIf(namedClouds() !== undefined)("there and home again", { timeout: 900_000 }, () => {
  stopAtFirstFailure();

  it("begins with protected servers whose disks are full", async () => {
    tenancy = await makeTenancy(stage, stage.unique("cycle"));
    there = tenantCloudThere(tenancy);
    await makeSurroundings(stage, tenancy);
    const database = threeTier(stage.image).filter(({ name }) => name === DATABASE);
    servers = await makeWorkload(stage, tenancy, [...database, blankServer("cycle-01", 1)]);
    const [{ cloud, array }] = stage.sites;
    for (const { id, wanted } of volumesOf(servers)) fillDisk(await diskFile(cloud, known(array), id), wanted.gib);
    await registerTenant(stage.sites, tenancy);
    const { volumeType } = stage;
    const wanted = servers.map((server) => server.wanted);
    await protect(tenancy, GROUP, { servers: wanted, policy: arrayPolicy(stage.sites), volumeType });
    before = await identities();
    expect(before.map(({ status }) => status)).toEqual(["ACTIVE", "ACTIVE"]);
  });

  it("goes to the second site, where its guests fill the disks anew and write on", async () => {
    expect(await failOver(tenancy, GROUP)).toMatchObject({ status: "completed", data_loss_seconds: 0 });
    const [, { cloud, array }] = stage.sites;
    const away = await there.compute.listServers({});
    const files = new Map<string, string>();
    for (const { wanted, volumes } of servers) {
      const server = away.find(({ name }) => name === wanted.name);
      const volumeIds = await inDeviceOrder(server?.id ?? "");
      for (const [index, { id, wanted: disk }] of volumes.entries()) {
        const file = await diskFile(cloud, known(array), volumeIds[index] ?? "");
        fillDisk(file, disk.gib);
        linkSync(file, `${file}.kept`);
        written.set(id, `${file}.kept`);
        files.set(id, file);
      }
    }
    awayVolumes = away.flatMap(({ volumeIds }) => volumeIds);
    const database = away.find(({ name }) => name === DATABASE);
    guest = new WritingGuest(
      there,
      database?.id ?? "",
      databaseDisks().map((id) => files.get(id) ?? ""),
    );
    guest.start();
  });

  it("is protected again by a replication back to the first site", async () => {
    const person = tenancy.member.atTheOtherSite;
    const operation = await person.protector<Operation>("reprotect", GROUP, "--yes");
    expect(operation).toMatchObject({ type: "reprotect", status: "completed", leftovers: [] });
    note("reprotect_seconds", secondsOf(operation));
    const group = await person.protector<ProtectionGroup>("protection-group", "show", GROUP);
    expect(group).toMatchObject({ protection: "protected", sync_status: "IN SYNC" });
  });

  it("has a plan home that finds nothing changed", async () => {
    const plan = await tenancy.member.protector<Plan>("failback", GROUP, "--dry-run");
    expect(plan.blockers).toEqual([]);
    expect(plan.warnings.filter(({ check }) => check !== "capacity.not_held")).toEqual([]);
    expect(plan.expected_data_loss_seconds).toBe(0);
  });

  it("comes home, and the array lists no connection of a volume when it is overwritten", async () => {
    const [{ cloud, array }] = stage.sites;
    const watch = await OverwriteWatch.begin(
      known(array),
      volumesOf(servers).map(({ id }) => id),
      cloud,
    );
    const operation = tenancy.member.protector<Operation>("failback", GROUP, "--yes");
    const seen = await operation.then(
      () => watch.end(),
      () => watch.end(),
    );
    home = await operation;
    await guest?.stop();
    expect(home).toMatchObject({ type: "failback", status: "completed", data_loss_seconds: 0, leftovers: [] });
    note("failback_seconds", secondsOf(home));
    note("failback_downtime_seconds", home.downtime_seconds);
    expect(seen.map(({ isOverwritten }) => isOverwritten)).toEqual(volumesOf(servers).map(() => true));
    expect(seen.flatMap(({ connections }) => connections)).toEqual([]);
  });

  it("has the same servers on the same ports, addresses and volumes, running and free", async () => {
    expect(await identities()).toEqual(before);
    expect(
      await statesOf(
        tenancy.admin,
        before.map(({ id }) => id),
      ),
    ).toEqual(before.map(() => ({ status: "ACTIVE", isLocked: false, reason: null })));
    await tenancy.member.openstack(["server", "reboot", before[1]?.id ?? ""]);
  });

  it("has every byte that was written at the second site, to the last write", async () => {
    const [{ cloud, array }] = stage.sites;
    for (const { id, wanted } of volumesOf(servers)) {
      const file = await diskFile(cloud, known(array), id);
      expect(await firstDifference(written.get(id) ?? "", file), wanted.name).toBeUndefined();
      if (databaseDisks().includes(id)) expect(lastWriteOn(file)).toBe(guest?.written);
    }
    expect(guest?.written).toBeGreaterThan(10);
  });

  it("has emptied the second site, and left nothing of the way on either array", async () => {
    const { compute, volume, network } = there;
    const [left, volumes, ports] = [
      await compute.listServers({}),
      await volume.listVolumes({}),
      await network.listPorts({}),
    ];
    expect([left, volumes]).toEqual([[], []]);
    expect(ports.filter(({ deviceOwner }) => deviceOwner.startsWith("compute:") || deviceOwner === "")).toEqual([]);
    const working = home.id.replaceAll("-", "").slice(0, 12);
    for (const { array } of stage.sites) {
      const names = [...(await liveNames(known(array))), ...(await liveNames(known(array), "volume-snapshots"))];
      const ours = (name: string) => name.includes(working) && !name.includes(`${working}-h`);
      expect(names.filter((name) => ours(name) || awayVolumes.some((id) => name.includes(id)))).toEqual([]);
    }
  });

  it("is protected at home as before, and could leave again", async () => {
    const primary_site_id = await siteIdOf(tenancy, stage.sites[0].name);
    for (const who of [tenancy.member, tenancy.member.atTheOtherSite]) {
      const group = await who.protector<ProtectionGroup>("protection-group", "show", GROUP);
      expect(group).toMatchObject({ status: "active", protection: "protected", primary_site_id });
    }
    const plan = await tenancy.member.protector<Plan>("failover", GROUP, "--dry-run");
    expect(plan.blockers).toEqual([]);
  });
});

/** Servers at the first site with what must not change. */
async function identities(): Promise<readonly Identity[]> {
  const { compute, network } = stage.sites[0].cloud;
  return Promise.all(
    servers.map(async (made) => {
      const server = known(await compute.findServer(made.id));
      const { id, name, status, isLocked, volumeIds } = server;
      const ports = await network.listPorts({ deviceId: id });
      const kept = ports.map(({ id: portId, macAddress, fixedIps }) => ({ id: portId, macAddress, fixedIps }));
      return {
        ...{ id, name, status, isLocked },
        volumeIds: [...volumeIds].sort(),
        ports: kept.sort((x, y) => (x.id < y.id ? -1 : 1)),
      };
    }),
  );
}

/** Volumes of a server at the second site. */
async function inDeviceOrder(serverId: string): Promise<readonly string[]> {
  const disks = await there.compute.listVolumeAttachments(serverId);
  return [...disks].sort((x, y) => ((x.device ?? "") < (y.device ?? "") ? -1 : 1)).map(({ volumeId }) => volumeId);
}

function volumesOf(made: readonly MadeServer[]) {
  return made.flatMap(({ volumes }) => volumes);
}

/** Data disks that the guest writes to, by their volumes at the first site. */
function databaseDisks(): readonly string[] {
  const database = servers.find(({ wanted }) => wanted.name === DATABASE);
  return known(database)
    .volumes.slice(1)
    .map(({ id }) => id);
}

function secondsOf({ started_at, finished_at }: Operation): number {
  return (Date.parse(finished_at ?? "") - Date.parse(started_at ?? "")) / 1000;
}

function known<T extends MadeServer | StageArray | Server>(value: T | undefined): T {
  if (value === undefined) throw new Error("it needs clouds of these tests' own making");
  return value;
}
