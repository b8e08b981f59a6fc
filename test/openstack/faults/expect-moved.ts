import { expect } from "vitest";
import { liveNames } from "../story/array-objects.ts";
import { diskFile, firstDifference } from "../story/guest-disks.ts";
import { tenantCloudThere } from "../story/open-stage.ts";

import { apiThere, type FaultStage, type MovingGroup } from "./moving-groups.ts";

/** A failover may have to wait for a service to come back, a lease to lapse, and its own retries. ms */
const END_LIMIT_MS = 600_000;
/** What could not be done in time is a duty, done when its cloud answers again. ms */
const DUTY_LIMIT_MS = 600_000;

/**
 * The failover has ended right: exactly one set of servers runs, the right one, with the bytes of the source; the source
 * is parked and locked; the arrays agree on who is primary; nothing else of the operation is left.
 */
export async function expectMoved(faults: FaultStage, id: string, group: MovingGroup): Promise<void> {
  const operation = await apiThere(faults).awaitRest(id, END_LIMIT_MS);
  expect(
    operation,
    `${group.name}: ${operation.status_reason} ${JSON.stringify([operation.error, operation.members])}`,
  ).toMatchObject({
    status: "completed",
    data_loss_seconds: 0,
  });
  const volumeIds = await expectServerThere(faults, group);
  await expectParked(faults, group);
  await expectSameBytes(faults, group, volumeIds);
  await expectMarkers(faults, group);
  await expectNoOtherObjects(faults, id, group);
  await expectNothingOwed(faults, id);
}

/** What a site could not do in time is done as a duty, once it answers again. */
async function expectNothingOwed(faults: FaultStage, id: string): Promise<void> {
  const api = apiThere(faults);
  const leftovers = async () => (await api.operation(id)).leftovers;
  await expect.poll(leftovers, { timeout: DUTY_LIMIT_MS, interval: 2_000 }).toEqual([]);
}

/** One server of the name runs, with the one volume and the one port that it had. @returns ids of its volumes. */
async function expectServerThere(faults: FaultStage, { server }: MovingGroup): Promise<readonly string[]> {
  const { name, nics, volumes: wantedVolumes } = server.wanted;
  const { compute, volume, network } = tenantCloudThere(faults.tenancy);
  const servers = (await compute.listServers({})).filter((each) => each.name === name);
  expect(servers).toMatchObject([{ status: "ACTIVE", isLocked: false, description: name }]);
  const [{ id, volumeIds } = { id: "", volumeIds: [] }] = servers;
  const names = wantedVolumes.map((each) => each.name);
  const volumes = (await volume.listVolumes({})).filter((each) => names.includes(each.name));
  expect(volumes).toHaveLength(names.length);
  expect(volumes).toMatchObject(
    wantedVolumes.map((each) => ({
      status: "in-use",
      sizeGiB: each.gib,
      isBootable: each.isBootable,
      attachments: [{ serverId: id }],
    })),
  );
  expect([...volumeIds].sort()).toEqual(volumes.map((each) => each.id).sort());
  const macs = nics.map(({ mac }) => mac);
  const ports = (await network.listPorts({})).filter((port) => macs.includes(port.macAddress));
  expect(ports).toMatchObject(nics.map(({ address }) => ({ deviceId: id, fixedIps: [{ address }] })));
  return volumeIds;
}

async function expectParked({ stage }: FaultStage, { server }: MovingGroup): Promise<void> {
  const look = () => stage.sites[0].cloud.compute.findServer(server.id);
  const parked = { status: "SHELVED_OFFLOADED", isLocked: true };
  await expect.poll(look, { timeout: DUTY_LIMIT_MS, interval: 2_000 }).toMatchObject(parked);
}

async function expectSameBytes(
  { stage }: FaultStage,
  { server }: MovingGroup,
  volumeIds: readonly string[],
): Promise<void> {
  const [here, there] = stage.sites;
  if (!here.array || !there.array) return;
  for (const [index, { id, wanted }] of server.volumes.entries()) {
    const source = await diskFile(here.cloud, here.array, id);
    const copy = await diskFile(there.cloud, there.array, volumeIds[index] ?? "");
    expect(await firstDifference(source, copy), wanted.name).toBeUndefined();
  }
}

/** Both arrays name the second site as primary, raised once, and nobody holds the group. */
async function expectMarkers({ stage }: FaultStage, { id, epoch }: MovingGroup): Promise<void> {
  for (const { array } of stage.sites) {
    const marker = await array?.array.readMarker(id);
    expect(marker).toMatchObject({ epoch: epoch + 1, holder: undefined });
  }
}

/** No clone that Cinder does not have, no object under a working name, at either site. */
async function expectNoOtherObjects(faults: FaultStage, id: string, { server }: MovingGroup): Promise<void> {
  const working = id.replaceAll("-", "").slice(0, 12);
  const { volume, network, compute } = tenantCloudThere(faults.tenancy);
  const ports = await network.listPorts({});
  const servers = await compute.listServers({});
  const names = [...(await volume.listVolumes({})), ...ports, ...servers].map(({ name }) => name);
  expect(names.filter((name) => name.includes(working))).toEqual([]);
  const addresses = server.wanted.nics.map(({ address }) => address);
  const same = ports.filter(({ fixedIps }) => fixedIps.some(({ address }) => addresses.includes(address)));
  expect(same).toHaveLength(addresses.length);
  for (const { array } of faults.stage.sites) {
    if (array) expect((await liveNames(array)).filter((name) => name.includes(working))).toEqual([]);
  }
}
