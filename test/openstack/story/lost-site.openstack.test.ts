import type { Operation, Plan, ProtectionGroup } from "@protector/contract";
import type { Cloud } from "@protector/openstack";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Machine } from "../machines/machine.ts";
import { stopAtFirstFailure } from "./chapters.ts";
import { statesOf } from "./check-recovery.ts";
import { startControlPlane, stopControlPlane } from "./control-plane.ts";
import { note } from "./figures.ts";
import { diskFile, fillDisk, firstDifference } from "./guest-disks.ts";
import { type MadeServer, makeWorkload } from "./make-workload.ts";
import { namedClouds } from "./named-clouds.ts";
import { openStage, tenantCloudThere } from "./open-stage.ts";
import { arrayPolicy, protect, registerTenant, siteIdOf } from "./protect.ts";
import { TenantApi } from "./protector-api.ts";
import type { Stage, StageArray, StageSite } from "./stage.ts";
import { makeSurroundings } from "./surroundings.ts";
import { makeTenancy, type Tenancy } from "./tenancy.ts";
import { blankServer } from "./workload.ts";

const GROUP = "lost";
/** A lost site's duties are looked at at least once a minute; servers need a while to stop. ms */
const DUTY_LIMIT_MS = 600_000;

let stage: Stage;
let tenancy: Tenancy;
let server: MadeServer;
/** The second site as the tenant sees it. */
let there: Cloud;
/** The only disk of the server at the first site: its file, and its name on the array. */
let disk: { readonly file: string; readonly arrayVolume: string };

beforeAll(async () => {
  stage = await openStage();
});
afterAll(async () => {
  const { machine } = stage.sites[0];
  if (machine) await startControlPlane(machine);
  await stage.close();
});

// It needs clouds that may be stopped.
describe.skipIf(namedClouds() !== undefined)("a test, and then the loss of the site", { timeout: 900_000 }, () => {
  stopAtFirstFailure();

  it("begins with a protected server whose disk is full", async () => {
    tenancy = await makeTenancy(stage, stage.unique("lost"));
    there = tenantCloudThere(tenancy);
    await makeSurroundings(stage, tenancy);
    const [made] = await makeWorkload(stage, tenancy, [blankServer("lost-01", 1)]);
    if (!made) throw new Error("no server");
    server = made;
    const [volume] = server.volumes;
    disk = { file: await fileAt(stage.sites[0], volume?.id), arrayVolume: `volume-${volume?.id}-cinder` };
    fillDisk(disk.file, volume?.wanted.gib ?? 0);
    await registerTenant(stage.sites, tenancy);
    const { volumeType } = stage;
    await protect(tenancy, GROUP, { servers: [server.wanted], policy: arrayPolicy(stage.sites), volumeType });
    await tenancy.member.protector("mapping", "set", GROUP, "--test-volume-type", `${volumeType}=plain`);
  });

  it("tests the recovery on a network of its own, and production does not notice", async () => {
    const before = await statesOf(tenancy.admin, [server.id]);
    const test = await tenancy.member.protector<Operation>("test-failover", GROUP, "--yes");
    expect(test).toMatchObject({ type: "test_failover", status: "completed", phase: "standing" });
    note("test_failover_seconds", test.downtime_seconds);
    const made = await objectsThere();
    expect(made.servers).toMatchObject([{ name: "lost-01-test", status: "ACTIVE" }]);
    expect(made.volumes).toMatchObject([{ status: "in-use", typeName: "plain" }]);
    const [port] = made.ports;
    expect(port?.fixedIps.map(({ address }) => address)).toEqual(server.wanted.nics.map(({ address }) => address));
    expect(made.networks.map(({ name }) => name)).toContainEqual(expect.stringMatching(/^protector-/));
    expect(await statesOf(tenancy.admin, [server.id])).toEqual(before);
    const [copy] = made.volumes;
    expect(await firstDifference(disk.file, await fileAt(stage.sites[1], copy?.id))).toBeUndefined();
  });

  it("leaves nothing of the test", async () => {
    const cleanup = await tenancy.member.protector<Operation>("test-cleanup", GROUP);
    expect(cleanup).toMatchObject({ status: "completed", leftovers: [] });
    const { servers, volumes, ports, networks } = await objectsThere();
    expect([servers, volumes, ports]).toEqual([[], [], []]);
    expect(networks.filter(({ name }) => name.startsWith("protector-"))).toEqual([]);
  });

  it("shows, with the control plane of the first site stopped, what would be lost and how it would be fenced", async () => {
    await stopControlPlane(nearMachine());
    const person = tenancy.member.atTheOtherSite;
    const plan = await person.protector<Plan>("failover", GROUP, "--unplanned", "--dry-run");
    expect(plan.blockers).toEqual([]);
    expect(plan.expected_data_loss_seconds).toBeGreaterThan(0);
    expect(JSON.stringify(plan.warnings)).toContain("its array does");
  });

  it("cuts the old server off from its volumes before the first server starts", async () => {
    const person = tenancy.member.atTheOtherSite;
    expect(await connectionsHere()).toBeGreaterThan(0);
    const seen: { connections: number; servers: number }[] = [];
    let isOver = false;
    const watching = (async () => {
      while (!isOver)
        seen.push({ connections: await connectionsHere(), servers: (await objectsThere()).servers.length });
    })();
    const beganAt = Date.now();
    const operation = await person.protector<Operation>("failover", GROUP, "--unplanned", "--yes").finally(() => {
      isOver = true;
    });
    await watching;
    note("unplanned_seconds", (Date.now() - beganAt) / 1000);
    note("unplanned_downtime_seconds", operation.downtime_seconds);
    expect(operation).toMatchObject({ status: "completed", mode: "unplanned" });
    expect(operation.data_loss_seconds).toBeGreaterThan(0);
    const withServers = seen.filter(({ servers }) => servers > 0);
    expect(withServers.length).toBeGreaterThan(0);
    expect(withServers.filter(({ connections }) => connections > 0)).toEqual([]);
  });

  it("has the server at the second site with the bytes of the recovery point", async () => {
    const { servers, volumes } = await objectsThere();
    expect(servers).toMatchObject([{ name: "lost-01", status: "ACTIVE" }]);
    expect(await firstDifference(disk.file, await fileAt(stage.sites[1], volumes[0]?.id))).toBeUndefined();
  });

  it("keeps the old server stopped and locked when its site comes back, and nothing is owed then", async () => {
    await startControlPlane(nearMachine());
    const parked = { isLocked: true, status: expect.stringMatching(/^(SHUTOFF|SHELVED_OFFLOADED)$/) };
    const state = async () => (await stage.sites[0].cloud.compute.findServer(server.id)) ?? {};
    await expect.poll(state, { timeout: DUTY_LIMIT_MS, interval: 3_000 }).toMatchObject(parked);
    const api = new TenantApi(stage.sites[1].name, tenancy.logins[1]);
    const [operation] = await tenancy.member.atTheOtherSite.protector<readonly Operation[]>(
      ...["operation", "list", "--protection-group", GROUP],
    );
    const leftovers = async () => (await api.operation(operation?.id ?? "")).leftovers;
    await expect.poll(leftovers, { timeout: DUTY_LIMIT_MS, interval: 3_000 }).toEqual([]);
    const primary_site_id = await siteIdOf(tenancy, stage.sites[1].name);
    const group = () => tenancy.member.protector<ProtectionGroup>("protection-group", "show", GROUP);
    await expect.poll(group, { timeout: DUTY_LIMIT_MS, interval: 5_000 }).toMatchObject({ primary_site_id });
  });
});

function nearMachine(): Machine {
  return required(stage.sites[0].machine);
}

function fileAt({ cloud, array }: StageSite, volumeId: string | undefined): Promise<string> {
  return diskFile(cloud, required<StageArray>(array), volumeId ?? "");
}

/** Host connections of the server's disk at the first site, as its array lists them. */
async function connectionsHere(): Promise<number> {
  const volume = await required(stage.sites[0].array).array.findVolume(disk.arrayVolume);
  return required(volume).connectionCount;
}

/** What the tenant has at the second site. */
async function objectsThere() {
  const { compute, volume, network } = there;
  const [servers, volumes, ports, networks] = await Promise.all([
    compute.listServers({}),
    volume.listVolumes({}),
    network.listPorts({}),
    network.listNetworks({}),
  ]);
  return { servers, volumes, ports: ports.filter(({ deviceOwner }) => deviceOwner.startsWith("compute:")), networks };
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("it needs clouds of these tests' own making");
  return value;
}
