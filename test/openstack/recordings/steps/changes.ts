import { idOf, PREFIX } from "../people.ts";
import type { Scene } from "../scene.ts";
import { awaitVolume, type Stage } from "../stage.ts";
import type { AttachmentScene } from "./attachments.ts";
import { awaitServer } from "./await-server.ts";

const NO_ID = "00000000-0000-4000-8000-000000000000";

/** What a failback may have to change on a server: its interfaces, the sizes of its volumes, its flavor. */
export async function changedServer(scene: Scene, stage: Stage, where: AttachmentScene): Promise<void> {
  await interfaces(scene, stage, where.serverId);
  await growth(scene, stage, where);
  await copies(scene, stage, where.spareId);
  await resize(scene, stage, where.serverId);
}

/** Changes that a server does not take while it is shelved. */
export async function unchangeableServer(scene: Scene, { service, largerFlavorId }: Stage, where: AttachmentScene) {
  const { serverId, rootId } = where;
  await scene.refuses("resize a shelved server", service, ({ compute }) =>
    compute.resizeServer(serverId, largerFlavorId),
  );
  await scene.refuses("extend a volume of a shelved server", service, ({ volume }) => volume.extendVolume(rootId, 4));
}

async function interfaces(scene: Scene, stage: Stage, serverId: string): Promise<void> {
  const { service, trust, stranger, networkId, subnetId, projectId, securityGroupId } = stage;
  const { id } = await service.cloud.network.createPort({
    networkId,
    projectId,
    name: `${PREFIX}-nic-2`,
    description: "",
    fixedIps: [{ subnetId, address: "10.30.0.80" }],
    securityGroupIds: [],
    isPortSecurityEnabled: true,
    allowedAddressPairs: [],
  });
  const change = {
    fixedIps: [{ subnetId, address: "10.30.0.81" }],
    securityGroupIds: [securityGroupId],
    isPortSecurityEnabled: true,
    allowedAddressPairs: [{ ipAddress: "10.30.0.99" }],
  };
  await scene.does("rewire a port", service, ({ network }) => network.updatePort(id, change));
  await scene.does("find a port that was rewired", service, ({ network }) => network.findPort(id));
  await scene.refuses("rewire a port to an address in use", service, ({ network }) =>
    network.updatePort(id, { fixedIps: [{ subnetId, address: "10.30.0.70" }] }),
  );
  await scene.refuses("rewire a port to a security group that is not there", service, ({ network }) =>
    network.updatePort(id, { securityGroupIds: [NO_ID] }),
  );
  await scene.refuses("rewire a port that is not there", service, ({ network }) => network.updatePort(NO_ID, change));
  await scene.refuses("rewire a port of others", stranger, ({ network }) => network.updatePort(id, change));
  await scene.does("plug a port into a server", service, ({ compute }) => compute.attachPort(serverId, id));
  await awaitPlugged(scene, stage, id, serverId);
  await scene.does("find a server with one more interface", service, ({ compute }) => compute.findServer(serverId));
  await scene.does("find a port that was plugged", service, ({ network }) => network.findPort(id));
  await scene.refuses("plug a port that is plugged", service, ({ compute }) => compute.attachPort(serverId, id));
  await scene.refuses("plug a port that is not there", service, ({ compute }) => compute.attachPort(serverId, NO_ID));
  await scene.refuses("plug a port into a server that is not there", trust, ({ compute }) =>
    compute.attachPort(NO_ID, id),
  );
  await scene.does("unplug a port", service, ({ compute }) => compute.detachPort(serverId, id));
  await awaitPlugged(scene, stage, id, "");
  await scene.does("unplug a port that is not plugged", service, ({ compute }) => compute.detachPort(serverId, id));
  await service.cloud.network.deletePort(id);
}

async function awaitPlugged(scene: Scene, { service }: Stage, portId: string, deviceId: string): Promise<void> {
  await scene.until(`port ${portId} to be of device "${deviceId}"`, async () =>
    (await service.cloud.network.findPort(portId))?.deviceId === deviceId ? true : undefined,
  );
}

async function growth(scene: Scene, stage: Stage, { rootId, spareId }: AttachmentScene): Promise<void> {
  const { service, stranger } = stage;
  await scene.does("extend a volume in use", service, ({ volume }) => volume.extendVolume(rootId, 3));
  await awaitVolume(scene, stage, rootId, "in-use");
  await scene.does("find a volume that was extended in use", service, ({ volume }) => volume.findVolume(rootId));
  await scene.does("extend a volume", service, ({ volume }) => volume.extendVolume(spareId, 2));
  await awaitVolume(scene, stage, spareId, "available");
  await scene.refuses("extend a volume to its own size", service, ({ volume }) => volume.extendVolume(spareId, 2));
  await scene.refuses("extend a volume that is not there", service, ({ volume }) => volume.extendVolume(NO_ID, 2));
  await scene.refuses("extend a volume of others", stranger, ({ volume }) => volume.extendVolume(spareId, 3));
}

/** What a recovery does not carry of a volume. */
async function copies(scene: Scene, stage: Stage, volumeId: string): Promise<void> {
  const { service, member, administrator, projectId } = stage;
  const snapshot = { volume_id: volumeId, name: `${PREFIX}-snapshot` };
  const made = await scene.raw(member, {
    service: "volume",
    method: "POST",
    path: "/snapshots",
    body: { snapshot },
  });
  const id = idOf(made, "snapshot");
  const status = (wanted: string | undefined) =>
    scene.until(`snapshot ${id} to be ${wanted ?? "gone"}`, async () => {
      const path = `/snapshots/${id}`;
      const found = await scene.raw(administrator, { service: "volume", method: "GET", path, accept: [404] });
      const { snapshot: seen } = found as { readonly snapshot?: { readonly status: string } };
      return seen?.status === wanted ? true : undefined;
    });
  await status("available");
  await scene.does("list the snapshots of a project", service, ({ volume }) => volume.listSnapshots({ projectId }));
  await scene.tries("list the snapshots of a project", member, ({ volume }) => volume.listSnapshots({ projectId }));
  await scene.does("list the backups of a project", service, ({ volume }) => volume.listBackups({ projectId }));
  await scene.refuses("delete a volume that has a snapshot", service, ({ volume }) => volume.deleteVolume(volumeId));
  await scene.raw(member, { service: "volume", method: "DELETE", path: `/snapshots/${id}` });
  await status(undefined);
}

async function resize(scene: Scene, stage: Stage, serverId: string): Promise<void> {
  const { service, stranger, flavorId, largerFlavorId } = stage;
  await scene.refuses("resize a server to its own flavor", service, ({ compute }) =>
    compute.resizeServer(serverId, flavorId),
  );
  await scene.refuses("resize a server to a flavor that is not there", service, ({ compute }) =>
    compute.resizeServer(serverId, NO_ID),
  );
  await scene.refuses("resize a server that is not there", service, ({ compute }) =>
    compute.resizeServer(NO_ID, largerFlavorId),
  );
  await scene.refuses("resize a server of others", stranger, ({ compute }) =>
    compute.resizeServer(serverId, largerFlavorId),
  );
  await scene.refuses("confirm a resize that is none", service, ({ compute }) => compute.confirmResize(serverId));
  await scene.does("resize a server", service, ({ compute }) => compute.resizeServer(serverId, largerFlavorId));
  await awaitServer(scene, stage, serverId, "VERIFY_RESIZE");
  await scene.does("find a server that is resized", service, ({ compute }) => compute.findServer(serverId));
  await scene.refuses("resize a server that is resized", service, ({ compute }) =>
    compute.resizeServer(serverId, flavorId),
  );
  await scene.does("confirm a resize", service, ({ compute }) => compute.confirmResize(serverId));
  await awaitServer(scene, stage, serverId, "ACTIVE");
  await scene.does("find a server whose resize is confirmed", service, ({ compute }) => compute.findServer(serverId));
}
