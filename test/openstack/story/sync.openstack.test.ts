import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Machine } from "../machines/machine.ts";
import { waitFor } from "../machines/wait.ts";
import { stopAtFirstFailure } from "./chapters.ts";
import { diskFile, fillDisk } from "./guest-disks.ts";
import { type MadeServer, makeWorkload } from "./make-workload.ts";
import { namedClouds } from "./named-clouds.ts";
import { openStage } from "./open-stage.ts";
import type { Stage, StageArray, StageSite } from "./stage.ts";
import { stretchPod } from "./stretch-pod.ts";
import { makeSurroundings } from "./surroundings.ts";
import { addSyncBackend } from "./sync-backend.ts";
import { makeTenancy, type Tenancy } from "./tenancy.ts";
import { blankServer } from "./workload.ts";

const POD = "cinder-pod";
/** Cinder's work on one volume. ms */
const CINDER_LIMIT_MS = 120_000;

let stage: Stage;
let tenancy: Tenancy;
let syncType: string;
let servers: readonly MadeServer[];

beforeAll(async () => {
  stage = await openStage();
});
afterAll(async () => {
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
      const [here, there] = await Promise.all(stage.sites.map(({ array }) => required(array).array.findVolume(name)));
      expect(there?.serial).toBe(required(here).serial);
      fillDisk(await fileAt(stage.sites[0], id), wanted.gib);
    }
  });

  it("has a Cinder that takes no volume out of the pod, and none into its type", async () => {
    const [volume] = servers.flatMap(({ volumes }) => volumes);
    const name = await arrayVolumeOf(volume?.id ?? "");
    const [{ cloud, array }] = stage.sites;
    const point = { group: `${POD}::protector-proof`, array: undefined };
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
});

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
