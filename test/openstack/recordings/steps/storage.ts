import { PREFIX, passwordOf } from "../people.ts";
import type { Scene } from "../scene.ts";
import { awaitNoVolume, awaitVolume, makeUnmanaged, makeVolume, type Stage } from "../stage.ts";

const NO_ID = "00000000-0000-4000-8000-000000000000";

/** Cinder: volumes, manage, types, quotas, services. */
export async function playStorage(scene: Scene, stage: Stage): Promise<void> {
  await offers(scene, stage);
  await newVolumes(scene, stage);
  await volumes(scene, stage);
  await manage(scene, stage);
  await refusals(scene, stage);
}

async function offers(scene: Scene, { service, trust, member, projectId, stranger }: Stage): Promise<void> {
  await scene.target.setManagePolicy?.("closed");
  const newcomer = scene.actor("service user", passwordOf("service", `${PREFIX}-services`));
  await newcomer.cloud.token();
  await scene.does("ask for Cinder's versions", newcomer, ({ volume }) => volume.listTypes());
  await scene.does("list volume types", service, ({ volume }) => volume.listTypes());
  await scene.does("list volume types", member, ({ volume }) => volume.listTypes());
  await scene.does("list pools", service, ({ volume }) => volume.listPools());
  await scene.refuses("list pools", trust, ({ volume }) => volume.listPools());
  await scene.does("list services", service, ({ volume }) => volume.listServices());
  await scene.refuses("list services", trust, ({ volume }) => volume.listServices());
  await scene.does("read the quota of a project", service, ({ volume }) => volume.quota(projectId));
  await scene.does("read the quota of one's project", member, ({ volume }) => volume.quota(projectId));
  await scene.refuses("read the quota of another project", stranger, ({ volume }) => volume.quota(projectId));
}

async function newVolumes(scene: Scene, stage: Stage): Promise<void> {
  const { trust, service, imageId: image, volumeType } = stage;
  const wanted = { name: `${PREFIX}-new`, description: "a new disk", sizeGiB: 1, volumeType };
  const blank = await scene.does("make a volume", trust, ({ volume }) => volume.createVolume(wanted));
  await awaitVolume(scene, stage, blank.id, "available");
  await scene.does("find a new volume", service, ({ volume }) => volume.findVolume(blank.id));
  const bootable = await scene.does("make a volume of an image", trust, ({ volume }) =>
    volume.createVolume({ ...wanted, imageId: image }),
  );
  await awaitVolume(scene, stage, bootable.id, "available");
  await scene.does("find a new volume of an image", service, ({ volume }) => volume.findVolume(bootable.id));
  const refuses = (step: string, change: object) =>
    scene.refuses(step, trust, ({ volume }) => volume.createVolume({ ...wanted, ...change }));
  await refuses("make a volume of no size", { sizeGiB: 0 });
  await refuses("make a volume of a type that is not there", { volumeType: `${PREFIX}-type` });
  await refuses("make a volume of an image that is not there", { imageId: NO_ID });
  await allowNoMoreVolumes(scene, stage);
  await refuses("make a volume over quota", {});
  await limitVolumes(scene, stage, 100);
  for (const { id } of [blank, bootable]) {
    await service.cloud.volume.deleteVolume(id);
    await awaitNoVolume(scene, stage, id);
  }
}

async function volumes(scene: Scene, stage: Stage): Promise<void> {
  const { service, member, trust, stranger, projectId } = stage;
  const { id } = await makeVolume(scene, stage, `${PREFIX}-data`, { metadata: { purpose: "data" } });
  const { id: rootId } = await makeVolume(scene, stage, `${PREFIX}-root`, { imageRef: stage.imageId });
  await scene.does("find a volume", service, ({ volume }) => volume.findVolume(id));
  await scene.does("find a volume", member, ({ volume }) => volume.findVolume(id));
  await scene.does("find a volume of an image", service, ({ volume }) => volume.findVolume(rootId));
  await scene.does("find a volume that is not there", service, ({ volume }) => volume.findVolume(NO_ID));
  await scene.does("find a volume of others", stranger, ({ volume }) => volume.findVolume(id));
  await scene.does("list the volumes of a project", service, ({ volume }) => volume.listVolumes({ projectId }));
  await scene.does("list volumes by name", service, ({ volume }) => volume.listVolumes({ name: `${PREFIX}-data` }));
  await scene.does("list volumes by name, one's own", trust, ({ volume }) =>
    volume.listVolumes({ name: `${PREFIX}-data` }),
  );
  await scene.refuses("list volumes of others", stranger, ({ volume }) => volume.listVolumes({ projectId }));
  await scene.calls("list one volume of several", member, {
    service: "volume",
    method: "GET",
    path: "/volumes/detail?limit=1",
  });
  await scene.does("rename a volume", trust, ({ volume }) =>
    volume.updateVolume(id, { name: `${PREFIX}-renamed`, description: "a disk" }),
  );
  await scene.does("replace the metadata of a volume", trust, ({ volume }) =>
    volume.replaceMetadata(id, { tier: "db" }),
  );
  await scene.does("make a volume bootable", trust, ({ volume }) => volume.setBootable(id, true));
  await scene.does("describe the image of a volume", trust, ({ volume }) =>
    volume.setImageMetadata(id, { hw_disk_bus: "scsi", os_distro: "debian" }),
  );
  await scene.does("find a volume with a description", service, ({ volume }) => volume.findVolume(id));
  await scene.does("reset the status of a volume", service, ({ volume }) => volume.resetStatus(id, "error"));
  await scene.does("find a volume in error", service, ({ volume }) => volume.findVolume(id));
  await scene.refuses("reset the status of a volume", trust, ({ volume }) => volume.resetStatus(id, "available"));
  await scene.does("delete a volume in error", service, ({ volume }) => volume.deleteVolume(id));
  await awaitNoVolume(scene, stage, id);
  await scene.does("delete a volume that is gone", service, ({ volume }) => volume.deleteVolume(id));
  await scene.does("delete a volume", trust, ({ volume }) => volume.deleteVolume(rootId));
  await awaitNoVolume(scene, stage, rootId);
}

async function manage(scene: Scene, stage: Stage): Promise<void> {
  const { trust, service, cinderHost, volumeType } = stage;
  const request = (reference: string) => ({
    host: cinderHost,
    reference,
    name: `${PREFIX}-managed`,
    description: "recovered",
    volumeType,
    isBootable: true,
    metadata: { kept: "no" },
  });
  await scene.target.setManagePolicy?.("closed");
  const given = await makeUnmanaged(scene, stage, `${PREFIX}-given`);
  if (scene.target.setManagePolicy) {
    await scene.refuses("manage a volume while only administrators may", trust, ({ volume }) =>
      volume.manageVolume(request(given)),
    );
    await scene.target.setManagePolicy("open");
    await scene.refuses("list services while the policy lets members", trust, ({ volume }) => volume.listServices());
  }
  const { id } = await scene.does("manage a volume", trust, ({ volume }) => volume.manageVolume(request(given)));
  await awaitVolume(scene, stage, id, "available");
  await scene.does("find a managed volume", service, ({ volume }) => volume.findVolume(id));
  const lost = await scene.does("manage a volume that the array has not", trust, ({ volume }) =>
    volume.manageVolume(request("no-such-volume")),
  );
  await scene.until("the failure of manage", async () => {
    const found = await service.cloud.volume.findVolume(lost.id);
    return found?.status.startsWith("error") ? found : undefined;
  });
  await scene.does("find a volume that could not be managed", service, ({ volume }) => volume.findVolume(lost.id));
  await scene.does("delete a volume that could not be managed", service, ({ volume }) => volume.deleteVolume(lost.id));
  await scene.refuses("manage at a host that is not there", trust, ({ volume }) =>
    volume.manageVolume({ ...request(given), host: "nowhere@pure#pure" }),
  );
  await scene.refuses("manage with a type that is not there", trust, ({ volume }) =>
    volume.manageVolume({ ...request(given), volumeType: `${PREFIX}-type` }),
  );
  await scene.does("unmanage a volume", service, ({ volume }) => volume.unmanageVolume(id));
  await awaitNoVolume(scene, stage, id);
  await allowNoMoreVolumes(scene, stage);
  await scene.refuses("manage a volume over quota", trust, ({ volume }) =>
    volume.manageVolume(request(`volume-${id}-cinder-unmanaged`)),
  );
  await limitVolumes(scene, stage, 100);
}

/** Cinder refuses a limit below what is in use, once a project has a limit of its own. */
async function allowNoMoreVolumes(scene: Scene, stage: Stage): Promise<void> {
  const { volumes } = await stage.administrator.cloud.volume.quota(stage.projectId);
  await limitVolumes(scene, stage, volumes.used);
}

async function limitVolumes(scene: Scene, { administrator, projectId }: Stage, volumes: number): Promise<void> {
  const body = { quota_set: { volumes } };
  await scene.raw(administrator, { service: "volume", method: "PUT", path: `/os-quota-sets/${projectId}`, body });
}

async function refusals(scene: Scene, { service, trust, member, stranger }: Stage): Promise<void> {
  await scene.refuses("rename a volume that is not there", trust, ({ volume }) =>
    volume.updateVolume(NO_ID, { name: "x" }),
  );
  await scene.refuses("unmanage a volume that is not there", service, ({ volume }) => volume.unmanageVolume(NO_ID));
  await scene.does("delete a volume that was never there", stranger, ({ volume }) => volume.deleteVolume(NO_ID));
  await scene.calls("ask Cinder with a token that is none", member, {
    service: "volume",
    method: "GET",
    path: "/volumes/detail",
    token: "no-token",
  });
}
