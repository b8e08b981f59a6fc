import { PREFIX } from "../people.ts";
import type { Scene } from "../scene.ts";
import { awaitNoVolume, awaitVolume, makeVolume, type Stage } from "../stage.ts";

const NO_ID = "00000000-0000-4000-8000-000000000000";

/** A server with its root volume, and a free volume of its project. */
export interface AttachmentScene {
  readonly serverId: string;
  readonly rootId: string;
  readonly spareId: string;
}

/** Nova: what the console shows, and volumes that are attached and detached while the server runs. */
export async function runningServer(scene: Scene, stage: Stage, serverId: string, rootId: string) {
  const { id: spareId } = await makeVolume(scene, stage, `${PREFIX}-spare`);
  const where = { serverId, rootId, spareId };
  await consoles(scene, stage, serverId);
  await attachAndDetach(scene, stage, where);
  await refusedAttachments(scene, stage, where);
  return where;
}

async function consoles(scene: Scene, { service, trust, stranger }: Stage, serverId: string): Promise<void> {
  await scene.does("read a console", service, ({ compute }) => compute.consoleOutput(serverId, 200));
  await scene.does("read a console", trust, ({ compute }) => compute.consoleOutput(serverId, 1));
  await scene.refuses("read a console of others", stranger, ({ compute }) => compute.consoleOutput(serverId, 200));
  await scene.refuses("read a console that is not there", service, ({ compute }) => compute.consoleOutput(NO_ID, 200));
}

async function attachAndDetach(scene: Scene, stage: Stage, { serverId, spareId }: AttachmentScene): Promise<void> {
  const { service, trust } = stage;
  const spare = { volumeId: spareId, deleteOnTermination: true };
  await scene.does("attach a volume", service, ({ compute }) => compute.attachVolume(serverId, spare));
  await awaitVolume(scene, stage, spareId, "in-use");
  await awaitAttached(scene, stage, serverId, spareId);
  await scene.does("list the volumes of a server with one more", service, ({ compute }) =>
    compute.listVolumeAttachments(serverId),
  );
  await scene.does("find a server with one more volume", service, ({ compute }) => compute.findServer(serverId));
  await scene.does("find a volume that was attached", service, ({ volume }) => volume.findVolume(spareId));
  await scene.refuses("attach a volume that is attached", service, ({ compute }) =>
    compute.attachVolume(serverId, spare),
  );
  await scene.does("keep a volume that would be deleted with its server", service, ({ compute }) =>
    compute.setDeleteOnTermination(serverId, spareId, false),
  );
  await scene.does("list the volumes of a server that keeps one", service, ({ compute }) =>
    compute.listVolumeAttachments(serverId),
  );
  await scene.does("detach a volume", service, ({ compute }) => compute.detachVolume(serverId, spareId));
  await awaitDetached(scene, stage, serverId, spareId);
  await scene.does("find a volume that was detached", service, ({ volume }) => volume.findVolume(spareId));
  await scene.refuses("keep a volume that is not attached", service, ({ compute }) =>
    compute.setDeleteOnTermination(serverId, spareId, false),
  );
  await scene.does("detach a volume that is not attached", service, ({ compute }) =>
    compute.detachVolume(serverId, spareId),
  );
  await scene.does("attach a volume", trust, ({ compute }) => compute.attachVolume(serverId, spare));
  await awaitVolume(scene, stage, spareId, "in-use");
  await awaitAttached(scene, stage, serverId, spareId);
  await scene.does("detach a volume", trust, ({ compute }) => compute.detachVolume(serverId, spareId));
  await awaitDetached(scene, stage, serverId, spareId);
}

async function refusedAttachments(
  scene: Scene,
  { service, trust, stranger }: Stage,
  { serverId, rootId, spareId }: AttachmentScene,
): Promise<void> {
  const spare = { volumeId: spareId, deleteOnTermination: false };
  await scene.refuses("detach the root volume", service, ({ compute }) => compute.detachVolume(serverId, rootId));
  await scene.refuses("attach a volume that is not there", trust, ({ compute }) =>
    compute.attachVolume(serverId, { ...spare, volumeId: NO_ID }),
  );
  await scene.refuses("attach a volume to a server that is not there", service, ({ compute }) =>
    compute.attachVolume(NO_ID, spare),
  );
  await scene.does("detach from a server that is not there", service, ({ compute }) =>
    compute.detachVolume(NO_ID, spareId),
  );
  await scene.refuses("attach a volume to a server of others", stranger, ({ compute }) =>
    compute.attachVolume(serverId, spare),
  );
}

/** A server that an administrator locked. */
export async function lockedServer(scene: Scene, { trust }: Stage, where: AttachmentScene): Promise<void> {
  const { serverId, spareId: volumeId } = where;
  await scene.refuses("attach a volume to a locked server", trust, ({ compute }) =>
    compute.attachVolume(serverId, { volumeId, deleteOnTermination: false }),
  );
  await scene.does("read the console of a locked server", trust, ({ compute }) => compute.consoleOutput(serverId, 200));
}

/** A server that does not run, on a host or on none. */
export async function restingServer(
  scene: Scene,
  stage: Stage,
  { serverId, rootId, spareId, state }: AttachmentScene & { readonly state: "stopped" | "shelved" },
): Promise<void> {
  const { service } = stage;
  const spare = { volumeId: spareId, deleteOnTermination: true };
  const isOnHost = state === "stopped";
  await (isOnHost ? scene.does : scene.refuses).call(scene, `read the console of a ${state} server`, service, (cloud) =>
    cloud.compute.consoleOutput(serverId, 200),
  );
  await scene.does(`attach a volume to a ${state} server`, service, ({ compute }) =>
    compute.attachVolume(serverId, spare),
  );
  await awaitVolume(scene, stage, spareId, "in-use");
  await awaitAttached(scene, stage, serverId, spareId);
  await scene.does(`find a ${state} server with one more volume`, service, ({ compute }) =>
    compute.findServer(serverId),
  );
  await scene.does(`list the volumes of a ${state} server`, service, ({ compute }) =>
    compute.listVolumeAttachments(serverId),
  );
  await scene.does(`find a volume of a ${state} server`, service, ({ volume }) => volume.findVolume(spareId));
  await scene.refuses(`attach a volume twice to a ${state} server`, service, ({ compute }) =>
    compute.attachVolume(serverId, spare),
  );
  await scene.refuses(`detach the root volume of a ${state} server`, service, ({ compute }) =>
    compute.detachVolume(serverId, rootId),
  );
  await scene.does(`keep a volume of a ${state} server`, service, ({ compute }) =>
    compute.setDeleteOnTermination(serverId, spareId, false),
  );
  await scene.does(`detach a volume from a ${state} server`, service, ({ compute }) =>
    compute.detachVolume(serverId, spareId),
  );
  await awaitDetached(scene, stage, serverId, spareId);
}

/** Of a shelved server Nova deletes a volume that it detaches when it would be deleted with the server. */
export async function shelvedServerLosesVolume(scene: Scene, stage: Stage, { serverId }: AttachmentScene) {
  const { service } = stage;
  const { id } = await makeVolume(scene, stage, `${PREFIX}-doomed`);
  const doomed = { volumeId: id, deleteOnTermination: true };
  await service.cloud.compute.attachVolume(serverId, doomed);
  await awaitAttached(scene, stage, serverId, id);
  await scene.does("detach a volume that is deleted with a shelved server", service, ({ compute }) =>
    compute.detachVolume(serverId, id),
  );
  await awaitNoVolume(scene, stage, id);
}

/** A server that Nova could not build. */
export async function brokenServer(scene: Scene, { service }: Stage, serverId: string): Promise<void> {
  await scene.refuses("read the console of a server in error", service, ({ compute }) =>
    compute.consoleOutput(serverId, 200),
  );
  await scene.refuses("attach a volume to a server in error", service, ({ compute }) =>
    compute.attachVolume(serverId, { volumeId: NO_ID, deleteOnTermination: false }),
  );
}

/** Nova lists a volume a moment after Cinder has it in use. */
async function awaitAttached(scene: Scene, { administrator }: Stage, serverId: string, volumeId: string) {
  await scene.until(`volume ${volumeId} to be listed by server ${serverId}`, async () => {
    const attached = await administrator.cloud.compute.listVolumeAttachments(serverId);
    return attached.some((each) => each.volumeId === volumeId) ? true : undefined;
  });
}

/** Cinder frees a volume a moment before Nova forgets it. */
async function awaitDetached(scene: Scene, stage: Stage, serverId: string, volumeId: string): Promise<void> {
  await awaitVolume(scene, stage, volumeId, "available");
  await scene.until(`volume ${volumeId} to be forgotten by server ${serverId}`, async () => {
    const attached = await stage.administrator.cloud.compute.listVolumeAttachments(serverId);
    return attached.some((each) => each.volumeId === volumeId) ? undefined : true;
  });
}
