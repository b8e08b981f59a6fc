import { join } from "node:path";
import type { Operation, Plan, ProtectionGroup, Readiness } from "@protector/contract";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Machine } from "../machines/machine.ts";
import { waitFor } from "../machines/wait.ts";
import { stopAtFirstFailure } from "./chapters.ts";
import { startControlPlane, stopControlPlane } from "./control-plane.ts";
import { note } from "./figures.ts";
import { diskFile, fillDisk, firstDifference } from "./guest-disks.ts";
import { type MadeServer, makeWorkload } from "./make-workload.ts";
import { namedClouds } from "./named-clouds.ts";
import { openStage, tenantCloudThere } from "./open-stage.ts";
import { arrayPolicy, failOver, protect, registerTenant } from "./protect.ts";
import type { Stage, StageArray, StageSite } from "./stage.ts";
import { stretchPod } from "./stretch-pod.ts";
import { makeSurroundings } from "./surroundings.ts";
import { addSyncBackend } from "./sync-backend.ts";
import { makeTenancy, type Tenancy } from "./tenancy.ts";
import { blankServer } from "./workload.ts";

const POD = "cinder-pod";
const PLANNED = "stretched";
const UNPLANNED = "cut-off";
/** Cinder's work on one volume. ms */
const CINDER_LIMIT_MS = 120_000;

let stage: Stage;
let tenancy: Tenancy;
let syncType: string;
let servers: readonly MadeServer[];
/** Names on the arrays of the servers' disks. */
const sourceNames: string[] = [];

beforeAll(async () => {
  stage = await openStage();
});
afterAll(async () => {
  const machine = stage?.sites[0].machine;
  if (machine) await startControlPlane(machine);
  await stage?.close();
});

// It needs arrays that the test may ask, and a Cinder that it may configure.
describe.skipIf(namedClouds() !== undefined)("servers on stretched volumes", { timeout: 900_000 }, () => {
  stopAtFirstFailure();

  it("begins with a pod over both arrays, and a backend on it", async () => {
    tenancy = await makeTenancy(stage, stage.unique("sync"));
    // The driver of this release does not start before it is there, though it would make it.
    await stretchPod(required(stage.sites[0].array), required(stage.sites[1].array).name, POD);
    syncType = await addSyncBackend(nearMachine(), tenancy.admin);
    for (const { array } of stage.sites) {
      const pod = await required(array).array.findPod(POD);
      const halves = pod?.halves.map(({ array: name, status }) => [name, status]).toSorted();
      expect(halves).toEqual([
        ["array-a", "online"],
        ["array-b", "online"],
      ]);
    }
  });

  it("has servers whose disks are in the pod, the same on both arrays", async () => {
    await makeSurroundings(stage, tenancy);
    servers = await makeWorkload({ ...stage, volumeType: syncType }, tenancy, [
      blankServer("sync-01", 1),
      blankServer("sync-02", 2),
    ]);
    for (const { id, wanted } of servers.flatMap(({ volumes }) => volumes)) {
      const name = await arrayVolumeOf(id);
      expect(name).toBe(`${POD}::volume-${id}-cinder`);
      sourceNames.push(name);
      const [here, there] = await Promise.all(stage.sites.map(({ array }) => required(array).array.findVolume(name)));
      expect(there?.serial).toBe(required(here).serial);
      fillDisk(await fileAt(stage.sites[0], id), wanted.gib);
    }
  });

  it("has a Cinder that takes no volume out of the pod, and none into its type", async () => {
    const [volume] = servers.flatMap(({ volumes }) => volumes);
    const name = await arrayVolumeOf(volume?.id ?? "");
    const [{ cloud, array }] = stage.sites;
    const point = { group: `${POD}::protector-proof-${tenancy.name}`, array: undefined };
    await required(array).array.ensureGroup(point.group);
    await required(array).array.setMembers(point.group, [name]);
    await required(array).array.replicateNow(point.group, "proof");
    const clone = { source: point, suffix: "proof", sourceVolume: name, name: `protector-proof-${tenancy.name}` };
    await required(array).array.ensureClone(clone);
    const host = "site-a@stretched#stretched";
    const manage = async (reference: string, type: string) => {
      const { id } = await cloud.volume.manageVolume({
        host,
        reference,
        volumeType: type,
        name: "proof",
        description: "",
        isBootable: false,
        metadata: {},
      });
      const ended = await waitFor(
        async () => {
          const found = await cloud.volume.findVolume(id);
          return found && ["creating", "managing"].includes(found.status) ? undefined : found;
        },
        { what: `volume ${id} was not managed`, timeoutMs: CINDER_LIMIT_MS },
      );
      return ended.status;
    };
    expect(await manage(name, "plain")).toMatch(/^error/);
    expect(await manage(clone.name, syncType)).toMatch(/^error/);
    await required(array).array.destroyGroup(point.group);
  });

  it("protects them in groups of type sync and is ready", async () => {
    await registerTenant(stage.sites, tenancy);
    for (const [index, group] of [PLANNED, UNPLANNED].entries()) {
      await protect(tenancy, group, {
        servers: servers.slice(index, index + 1).map(({ wanted }) => wanted),
        policy: arrayPolicy(stage.sites),
        volumeType: syncType,
        volumeTypeThere: "plain",
        create: ["--replication-type", "sync"],
      });
      await tenancy.member.protector("mapping", "set", group, "--test-volume-type", `${syncType}=plain`);
      const readiness = await tenancy.member.protector<Readiness>("protection-group", "readiness", group, "--check");
      expect(readiness.checks.filter(({ result }) => result === "error")).toEqual([]);
    }
  });

  it("tests a recovery from the pod, and leaves nothing of the test", async () => {
    const test = await tenancy.member.protector<Operation>("test-failover", PLANNED, "--yes");
    expect(test).toMatchObject({ type: "test_failover", status: "completed", phase: "standing" });
    const made = await objectsThere();
    expect(made.servers).toMatchObject([{ name: "sync-01-test", status: "ACTIVE" }]);
    const copy = await fileAt(stage.sites[1], made.volumes[0]?.id);
    expect(await firstDifference(await fileOf(0), copy)).toBeUndefined();
    const cleanup = await tenancy.member.protector<Operation>("test-cleanup", PLANNED);
    expect(cleanup).toMatchObject({ status: "completed", leftovers: [] });
    expect(await objectsThere()).toEqual({ servers: [], volumes: [] });
  });

  it("fails over as planned, with every byte and without loss", async () => {
    const source = await fileOf(0);
    const operation = await failOver(tenancy, PLANNED);
    expect(operation).toMatchObject({ status: "completed", data_loss_seconds: 0, leftovers: [] });
    note("sync_planned_downtime_seconds", operation.downtime_seconds);
    const { servers: there, volumes } = await objectsThere();
    expect(there).toMatchObject([{ name: "sync-01", status: "ACTIVE" }]);
    expect(volumes).toMatchObject([{ status: "in-use", typeName: "plain" }]);
    expect(await firstDifference(source, await fileAt(stage.sites[1], volumes[0]?.id))).toBeUndefined();
    const group = await tenancy.member.protector<ProtectionGroup>("protection-group", "show", PLANNED);
    expect(group).toMatchObject({ status: "failed_over", protection: "unprotected", sync_status: "IN SYNC" });
  });

  it("loses no write when the control plane of the first site is gone", async () => {
    const source = await fileOf(1);
    fillDisk(source, servers[1]?.volumes[0]?.wanted.gib ?? 0);
    await stopControlPlane(nearMachine());
    const person = tenancy.member.atTheOtherSite;
    const plan = await person.protector<Plan>("failover", UNPLANNED, "--unplanned", "--dry-run");
    expect(plan.blockers).toEqual([]);
    expect(plan.expected_data_loss_seconds).toBe(0);
    const operation = await person.protector<Operation>("failover", UNPLANNED, "--unplanned", "--yes");
    note("sync_unplanned_downtime_seconds", operation.downtime_seconds);
    expect(operation).toMatchObject({ status: "completed", mode: "unplanned", data_loss_seconds: 0 });
    const { servers: there, volumes } = await objectsThere();
    const server = there.find(({ name }) => name === "sync-02");
    expect(server).toMatchObject({ status: "ACTIVE" });
    const [attached] = volumes.filter(({ attachments }) => attachments.some((each) => each.serverId === server?.id));
    expect(await firstDifference(source, await fileAt(stage.sites[1], attached?.id))).toBeUndefined();
    for (const { array } of stage.sites) {
      expect(await required(array).array.connectionsOf([sourceNames[1] ?? ""])).toEqual([]);
    }
  });
});

/** File with the bytes of a server's only disk at the first site. */
async function fileOf(index: number): Promise<string> {
  const { array } = stage.sites[0];
  const volume = await required(array).array.findVolume(sourceNames[index] ?? "");
  return join(required(array).bytesFolder, `${required(volume).serial}.raw`);
}

/** What the tenant has at the second site. */
async function objectsThere() {
  const { compute, volume } = tenantCloudThere(tenancy);
  const [servers, volumes] = await Promise.all([compute.listServers({}), volume.listVolumes({})]);
  return { servers, volumes };
}

function nearMachine(): Machine {
  return required(stage.sites[0].machine);
}

async function arrayVolumeOf(volumeId: string): Promise<string> {
  const volume = await stage.sites[0].cloud.volume.findVolume(volumeId);
  return volume?.providerId ?? "";
}

function fileAt({ cloud, array }: StageSite, volumeId: string | undefined): Promise<string> {
  return diskFile(cloud, required<StageArray>(array), volumeId ?? "");
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("it needs clouds of these tests' own making");
  return value;
}
