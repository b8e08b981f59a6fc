import type { Fields } from "./answer.ts";
import { readQuotaValue } from "./quota.ts";
import type { ServiceCaller } from "./request.ts";
import type {
  CreateVolume,
  GroupType,
  ManageVolume,
  Pool,
  Volume,
  VolumeClient,
  VolumeCopy,
  VolumeGroup,
  VolumeQuota,
  VolumeService,
  VolumeType,
} from "./volume.ts";
import { readGroup, readGroupType, readPool, readVolume, readVolumeService, readVolumeType } from "./volume-parsing.ts";

/** Cinder over HTTP. */
export class CinderClient implements VolumeClient {
  readonly #cinder: ServiceCaller;

  constructor(cinder: ServiceCaller) {
    this.#cinder = cinder;
  }

  async findVolume(id: string): Promise<Volume | undefined> {
    const volume = await this.#cinder.find(volumePath(id), "volume");
    return volume && readVolume(volume);
  }

  async listVolumes(filter: Parameters<VolumeClient["listVolumes"]>[0]): Promise<readonly Volume[]> {
    const query = {
      name: filter.name,
      project_id: filter.projectId,
      all_tenants: filter.projectId !== undefined || filter.allProjects ? "1" : undefined,
    };
    return this.#cinder.listAs({ path: "/volumes/detail", key: "volumes", query }, readVolume);
  }

  async updateVolume(id: string, change: Parameters<VolumeClient["updateVolume"]>[1]): Promise<void> {
    await this.#cinder.send({ method: "PUT", path: volumePath(id), body: { volume: change } });
  }

  async replaceMetadata(id: string, metadata: Readonly<Record<string, string>>): Promise<void> {
    await this.#cinder.send({ method: "PUT", path: `${volumePath(id)}/metadata`, body: { metadata } });
  }

  setBootable(id: string, isBootable: boolean): Promise<void> {
    return this.#act(id, { "os-set_bootable": { bootable: isBootable } });
  }

  setImageMetadata(id: string, metadata: Readonly<Record<string, string>>): Promise<void> {
    return this.#act(id, { "os-set_image_metadata": { metadata } });
  }

  deleteVolume(id: string): Promise<void> {
    return this.#cinder.remove(volumePath(id));
  }

  async createVolume(request: CreateVolume): Promise<Volume> {
    const volume = {
      name: request.name,
      description: request.description,
      size: request.sizeGiB,
      volume_type: request.volumeType,
      imageRef: request.imageId,
    };
    const answer = await this.#cinder.send({ method: "POST", path: "/volumes", body: { volume } });
    return readVolume(answer.fields().object("volume"));
  }

  async manageVolume(request: ManageVolume): Promise<Volume> {
    const volume = {
      host: request.host,
      ref: { name: request.reference, "source-name": request.reference },
      name: request.name,
      description: request.description,
      volume_type: request.volumeType,
      bootable: request.isBootable,
      metadata: request.metadata,
      availability_zone: request.availabilityZone,
    };
    const answer = await this.#cinder.send({ method: "POST", path: "/manageable_volumes", body: { volume } });
    return readVolume(answer.fields().object("volume"));
  }

  unmanageVolume(id: string): Promise<void> {
    return this.#act(id, { "os-unmanage": {} });
  }

  extendVolume(id: string, sizeGiB: number): Promise<void> {
    return this.#act(id, { "os-extend": { new_size: sizeGiB } });
  }

  listSnapshots({ projectId }: { readonly projectId: string }): Promise<readonly VolumeCopy[]> {
    return this.#copies("snapshots", projectId);
  }

  listBackups({ projectId }: { readonly projectId: string }): Promise<readonly VolumeCopy[]> {
    return this.#copies("backups", projectId);
  }

  #copies(key: "snapshots" | "backups", projectId: string): Promise<readonly VolumeCopy[]> {
    const query = { project_id: projectId, all_tenants: "1" };
    return this.#cinder.listAs({ path: `/${key}/detail`, key, query }, (copy) => ({
      id: copy.text("id"),
      name: copy.textOrNull("name") ?? "",
      volumeId: copy.text("volume_id"),
    }));
  }

  resetStatus(id: string, status: string): Promise<void> {
    return this.#act(id, { "os-reset_status": { status } });
  }

  async listTypes(): Promise<readonly VolumeType[]> {
    return (await this.#cinder.list("/types", "volume_types", { is_public: "None" })).map(readVolumeType);
  }

  async listPools(): Promise<readonly Pool[]> {
    return (await this.#cinder.list("/scheduler-stats/get_pools", "pools", { detail: "true" })).map(readPool);
  }

  async listServices(): Promise<readonly VolumeService[]> {
    return (await this.#cinder.list("/os-services", "services")).map(readVolumeService);
  }

  async findGroup(id: string): Promise<VolumeGroup | undefined> {
    const group = await this.#cinder.find(`/groups/${encodeURIComponent(id)}`, "group", { list_volume: "true" });
    return group && readGroup(group);
  }

  async listGroups(filter: Parameters<VolumeClient["listGroups"]>[0]): Promise<readonly VolumeGroup[]> {
    const query = { list_volume: "true", name: filter.name };
    const groups = (await this.#cinder.list("/groups/detail", "groups", query)).map(readGroup);
    return groups.filter((group) => filter.name === undefined || group.name === filter.name);
  }

  async createGroup(request: Parameters<VolumeClient["createGroup"]>[0]): Promise<VolumeGroup> {
    const { name, description, groupTypeId, volumeTypeIds } = request;
    const group = { name, description, group_type: groupTypeId, volume_types: volumeTypeIds };
    const answer = await this.#cinder.send({ method: "POST", path: "/groups", body: { group } });
    // Cinder answers with id and name alone; the rest is what was asked for.
    const id = answer.fields().object("group").text("id");
    return { id, name, status: "creating", volumeIds: [], groupTypeId, volumeTypeIds };
  }

  async updateGroup(id: string, change: Parameters<VolumeClient["updateGroup"]>[1]): Promise<void> {
    const group = {
      add_volumes: change.addVolumes.length === 0 ? undefined : change.addVolumes.join(","),
      remove_volumes: change.removeVolumes.length === 0 ? undefined : change.removeVolumes.join(","),
    };
    await this.#cinder.send({ method: "PUT", path: `/groups/${encodeURIComponent(id)}`, body: { group } });
  }

  async deleteGroup(id: string): Promise<void> {
    const path = `/groups/${encodeURIComponent(id)}/action`;
    await this.#cinder.send({ method: "POST", path, body: { delete: { "delete-volumes": false } }, accept: [404] });
  }

  async listGroupTypes(): Promise<readonly GroupType[]> {
    return (await this.#cinder.list("/group_types", "group_types", { is_public: "None" })).map(readGroupType);
  }

  async createGroupType(name: string, specs: Readonly<Record<string, string>>): Promise<GroupType> {
    const body = { group_type: { name, is_public: true } };
    const created = (await this.#cinder.send({ method: "POST", path: "/group_types", body })).fields();
    const id = created.object("group_type").text("id");
    const path = `/group_types/${encodeURIComponent(id)}`;
    try {
      await this.#cinder.send({ method: "POST", path: `${path}/group_specs`, body: { group_specs: specs } });
    } catch (error) {
      // A type without its specs would be found and used by the next caller.
      await this.#cinder.remove(path).catch(() => {});
      throw error;
    }
    return { id, name, specs };
  }

  async quota(projectId: string): Promise<VolumeQuota> {
    const path = `/os-quota-sets/${encodeURIComponent(projectId)}`;
    const answer = await this.#cinder.send({ method: "GET", path, query: { usage: "True" } });
    return readQuota(answer.fields().object("quota_set"));
  }

  async #act(id: string, action: object): Promise<void> {
    await this.#cinder.send({ method: "POST", path: `${volumePath(id)}/action`, body: action });
  }
}

function volumePath(id: string): string {
  return `/volumes/${encodeURIComponent(id)}`;
}

/** Limits per type stand beside the others as `volumes_<type>` and `gigabytes_<type>`. */
function readQuota(quota: Fields): VolumeQuota {
  const byType: Record<string, VolumeQuota["byType"][string]> = {};
  for (const key of quota.keys()) {
    const type = key.startsWith("volumes_") ? key.slice("volumes_".length) : undefined;
    const gigabytes = type === undefined ? undefined : quota.optionalObject(`gigabytes_${type}`);
    if (type === undefined || !gigabytes) continue;
    byType[type] = { volumes: readQuotaValue(quota.object(key)), gigabytes: readQuotaValue(gigabytes) };
  }
  return {
    volumes: readQuotaValue(quota.object("volumes")),
    gigabytes: readQuotaValue(quota.object("gigabytes")),
    byType,
  };
}
