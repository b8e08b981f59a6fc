import { listOf, PREFIX } from "../people.ts";
import type { Scene } from "../scene.ts";
import { makeVolume, type Stage } from "../stage.ts";

const NO_ID = "00000000-0000-4000-8000-000000000000";
const SPECS = { consistent_group_snapshot_enabled: "<is> True" };

/** Cinder's groups and their types. */
export async function playVolumeGroups(scene: Scene, stage: Stage): Promise<void> {
  const { service, trust, member, stranger } = stage;
  const type = await scene.does("make a group type", service, ({ volume }) => volume.createGroupType(PREFIX, SPECS));
  await scene.refuses("make a group type", trust, ({ volume }) => volume.createGroupType(`${PREFIX}-2`, SPECS));
  await scene.refuses("make a group type that is there", service, ({ volume }) =>
    volume.createGroupType(PREFIX, SPECS),
  );
  await scene.does("list group types", service, ({ volume }) => volume.listGroupTypes());
  await scene.does("list group types", member, ({ volume }) => volume.listGroupTypes());
  const wanted = {
    name: PREFIX,
    description: "mirrors an array group",
    groupTypeId: type.id,
    volumeTypeIds: [stage.volumeTypeId],
  };
  await scene.does("list volume groups by name while there is none", trust, ({ volume }) =>
    volume.listGroups({ name: PREFIX }),
  );
  const { id } = await scene.does("make a volume group", trust, ({ volume }) => volume.createGroup(wanted));
  await settled(scene, stage, id);
  await scene.does("find a volume group", trust, ({ volume }) => volume.findGroup(id));
  const { id: volumeId } = await makeVolume(scene, stage, `${PREFIX}-grouped`);
  const change = (addVolumes: readonly string[], removeVolumes: readonly string[]) => ({ addVolumes, removeVolumes });
  await scene.does("add to a volume group", trust, ({ volume }) => volume.updateGroup(id, change([volumeId], [])));
  await settled(scene, stage, id);
  await scene.does("find a volume group with a volume", trust, ({ volume }) => volume.findGroup(id));
  await scene.does("find a volume of a group", service, ({ volume }) => volume.findVolume(volumeId));
  await scene.does("list volume groups by name", trust, ({ volume }) => volume.listGroups({ name: PREFIX }));
  await scene.does("find a volume group of others", stranger, ({ volume }) => volume.findGroup(id));
  await scene.refuses("delete a volume of a group", trust, ({ volume }) => volume.deleteVolume(volumeId));
  await scene.refuses("unmanage a volume of a group", service, ({ volume }) => volume.unmanageVolume(volumeId));
  await scene.refuses("add a volume twice", trust, ({ volume }) => volume.updateGroup(id, change([volumeId], [])));
  await scene.refuses("add a volume that is not there", trust, ({ volume }) =>
    volume.updateGroup(id, change([NO_ID], [])),
  );
  await scene.refuses("delete a volume group that has volumes", trust, ({ volume }) => volume.deleteGroup(id));
  await scene.does("remove from a volume group", trust, ({ volume }) => volume.updateGroup(id, change([], [volumeId])));
  await settled(scene, stage, id);
  await scene.refuses("remove a volume that is not in the group", trust, ({ volume }) =>
    volume.updateGroup(id, change([], [volumeId])),
  );
  await scene.does("delete a volume group", trust, ({ volume }) => volume.deleteGroup(id));
  await scene.until("the group to be gone", async () => ((await trust.cloud.volume.findGroup(id)) ? undefined : true));
  await scene.does("find a volume group that is gone", trust, ({ volume }) => volume.findGroup(id));
  await scene.does("delete a volume group that is gone", trust, ({ volume }) => volume.deleteGroup(id));
  await scene.refuses("make a volume group of a type that is not there", trust, ({ volume }) =>
    volume.createGroup({ ...wanted, groupTypeId: NO_ID }),
  );
  await removeGroupTypes(scene, stage);
}

async function settled(scene: Scene, { trust }: Stage, id: string): Promise<void> {
  await scene.until("the group to be settled", async () => {
    const group = await trust.cloud.volume.findGroup(id);
    return group && !["creating", "updating"].includes(group.status) ? group : undefined;
  });
}

async function removeGroupTypes(scene: Scene, { administrator }: Stage): Promise<void> {
  const answer = await scene.raw(administrator, {
    service: "volume",
    method: "GET",
    path: "/group_types?is_public=None",
  });
  for (const { id, name } of listOf(answer, "group_types")) {
    if (!String(name).startsWith(PREFIX)) continue;
    await scene.raw(administrator, { service: "volume", method: "DELETE", path: `/group_types/${id}` });
  }
}
