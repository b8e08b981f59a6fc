import type { Volume } from "@protector/openstack";
import { idOf, listOf, makePeople, type People, PREFIX, removePeople } from "./people.ts";
import type { Actor, RawCall, Scene } from "./scene.ts";

/** What the steps stand on, made before the first of them. */
export interface Stage extends People {
  /** The tenant's own network with a subnet and a router to the external network. */
  readonly networkId: string;
  readonly subnetId: string;
  /** A network that the administrator shares with everybody. */
  readonly sharedNetworkId: string;
  readonly sharedSubnetId: string;
  readonly externalNetworkId: string;
  readonly securityGroupId: string;
  readonly flavorId: string;
  readonly largerFlavorId: string;
  /** A flavor that no host has room for. */
  readonly hugeFlavorId: string;
  readonly volumeType: string;
  readonly volumeTypeId: string;
  readonly imageId: string;
  /** `host@backend#pool` of the replicated type's backend. */
  readonly cinderHost: string;
}

export const SUBNET = "10.30.0.0/24";
const SHARED_SUBNET = "10.31.0.0/24";
const EXTERNAL_SUBNET = "203.0.113.0/24";

/** Makes the stage. An earlier one that was left behind is removed first. */
export async function buildStage(scene: Scene): Promise<Stage> {
  const administrator = scene.actor("administrator", scene.target.administrator);
  await clearStage(scene, administrator);
  const people = await makePeople(scene);
  const { member } = people;
  for (const { cloud } of [member, people.service, people.peer, people.trust, people.stranger]) {
    await cloud.token();
    await cloud.compute.microversion();
    await cloud.volume.listTypes();
  }
  const own = await makeNetwork(scene, member, { name: PREFIX, cidr: SUBNET, more: {} });
  const shared = await makeNetwork(scene, administrator, {
    name: `${PREFIX}-shared`,
    cidr: SHARED_SUBNET,
    more: { shared: true },
  });
  const external = await makeNetwork(scene, administrator, {
    name: `${PREFIX}-external`,
    cidr: EXTERNAL_SUBNET,
    more: { "router:external": true },
  });
  await makeRouter(scene, member, { subnetId: own.subnetId, externalNetworkId: external.networkId });
  const { id: volumeTypeId, name: volumeType } = await replicatedType(administrator, scene.target.replicatedType);
  const [image] = await administrator.cloud.image.listImages({ name: scene.target.image });
  const [pool] = await administrator.cloud.volume.listPools();
  if (!image || !pool) throw new Error(`the cloud has no image ${scene.target.image} or no Cinder backend`);
  return {
    ...people,
    ...own,
    sharedNetworkId: shared.networkId,
    sharedSubnetId: shared.subnetId,
    externalNetworkId: external.networkId,
    securityGroupId: await makeSecurityGroup(scene, member),
    flavorId: await makeFlavor(scene, administrator, { name: PREFIX, vcpus: 1, ram: 512 }),
    largerFlavorId: await makeFlavor(scene, administrator, { name: `${PREFIX}-larger`, vcpus: 1, ram: 1024 }),
    hugeFlavorId: await makeFlavor(scene, administrator, { name: `${PREFIX}-huge`, vcpus: 1, ram: 100_000_000 }),
    volumeType,
    volumeTypeId,
    imageId: image.id,
    cinderHost: pool.name,
  };
}

/** Removes everything that carries our prefix, from whatever run it is. */
export async function clearStage(scene: Scene, administrator: Actor): Promise<void> {
  const raw = (call: RawCall) => scene.raw(administrator, { accept: [400, 404, 409], ...call });
  const mine = (items: readonly Readonly<Record<string, unknown>>[]) =>
    items.filter(({ name }) => String(name).startsWith(PREFIX));
  const projects = mine(listOf(await raw({ service: "identity", method: "GET", path: "/projects" }), "projects")).map(
    ({ id }) => String(id),
  );
  for (const projectId of projects) await clearProject(scene, administrator, projectId);
  await clearNetworks(scene, administrator);
  const flavors = await raw({ service: "compute", method: "GET", path: "/flavors/detail?is_public=None" });
  for (const { id } of mine(listOf(flavors, "flavors")))
    await raw({ service: "compute", method: "DELETE", path: `/flavors/${id}` });
  const groupTypes = await raw({ service: "volume", method: "GET", path: "/group_types?is_public=None" });
  for (const { id } of mine(listOf(groupTypes, "group_types")))
    await raw({ service: "volume", method: "DELETE", path: `/group_types/${id}` });
  await removePeople(scene, administrator);
}

/** A volume that is `available`, made by the member. */
export async function makeVolume(scene: Scene, stage: Stage, name: string, more: object = {}): Promise<Volume> {
  const volume = { name, size: 1, volume_type: stage.volumeType, ...more };
  const answer = await scene.raw(stage.member, {
    service: "volume",
    method: "POST",
    path: "/volumes",
    body: { volume },
  });
  return awaitVolume(scene, stage, idOf(answer, "volume"), "available");
}

/** Waits for a status of a volume. @throws Error when it fails instead. */
export async function awaitVolume(scene: Scene, stage: Stage, id: string, status: string): Promise<Volume> {
  return scene.until(`volume ${id} to be ${status}`, async () => {
    const volume = await stage.administrator.cloud.volume.findVolume(id);
    if (volume?.status.startsWith("error") && !status.startsWith("error"))
      throw new Error(`volume ${id} is ${volume.status}`);
    return volume?.status === status ? volume : undefined;
  });
}

/** Waits until a volume is gone from Cinder. */
export async function awaitNoVolume(scene: Scene, stage: Stage, id: string): Promise<void> {
  await scene.until(`volume ${id} to be gone`, async () =>
    (await stage.administrator.cloud.volume.findVolume(id)) ? undefined : true,
  );
}

/** Array volume that Cinder has given back; `manage` can take it by this name. */
export async function makeUnmanaged(scene: Scene, stage: Stage, name: string): Promise<string> {
  const volume = await makeVolume(scene, stage, name);
  await stage.administrator.cloud.volume.unmanageVolume(volume.id);
  await awaitNoVolume(scene, stage, volume.id);
  return `volume-${volume.id}-cinder-unmanaged`;
}

async function clearProject(scene: Scene, { name, cloud }: Actor, projectId: string): Promise<void> {
  const { compute, volume, network } = cloud;
  const servers = await compute.listServers({ projectId, allProjects: true });
  for (const { id } of servers) await compute.deleteServer(id);
  for (const { id } of servers)
    await scene.until(`server ${id} to be gone`, async () => ((await compute.findServer(id)) ? undefined : true));
  for (const each of await compute.listServerGroups(true)) {
    if (each.name.startsWith(PREFIX)) await compute.deleteServerGroup(each.id);
  }
  const actor = { name, cloud };
  const groups = await scene.raw(actor, {
    service: "volume",
    method: "GET",
    path: `/groups/detail?all_tenants=1&project_id=${projectId}`,
  });
  for (const { id, name: title } of listOf(groups, "groups")) {
    if (!String(title).startsWith(PREFIX)) continue;
    const body = { delete: { "delete-volumes": true } };
    await scene.raw(actor, {
      service: "volume",
      method: "POST",
      path: `/groups/${id}/action`,
      body,
      accept: [400, 404],
    });
  }
  for (const { id } of await volume.listSnapshots({ projectId })) {
    const path = `/snapshots/${id}`;
    await scene.raw(actor, { service: "volume", method: "DELETE", path, accept: [400, 404] });
    await scene.until(`snapshot ${id} to be gone`, async () =>
      (await volume.listSnapshots({ projectId })).some((each) => each.id === id) ? undefined : true,
    );
  }
  for (const { id } of await volume.listVolumes({ projectId })) {
    await volume.resetStatus(id, "available").catch(() => {});
    await volume.deleteVolume(id).catch(() => {});
    await scene.until(`volume ${id} to be gone`, async () => ((await volume.findVolume(id)) ? undefined : true));
  }
  for (const { id } of await network.listFloatingIps({ projectId })) await network.deleteFloatingIp(id);
}

async function clearNetworks(scene: Scene, administrator: Actor): Promise<void> {
  const raw = (method: RawCall["method"], path: string, body?: object) =>
    scene.raw(administrator, { service: "network", method, path, accept: [404, 409], ...(body ? { body } : {}) });
  for (const { id, name } of listOf(await raw("GET", "/routers"), "routers")) {
    if (!String(name).startsWith(PREFIX)) continue;
    for (const port of listOf(await raw("GET", `/ports?device_id=${id}`), "ports")) {
      if (port.device_owner === "network:router_interface")
        await raw("PUT", `/routers/${id}/remove_router_interface`, { port_id: port.id });
    }
    await raw("DELETE", `/routers/${id}`);
  }
  for (const { id, name } of listOf(await raw("GET", "/networks"), "networks")) {
    if (!String(name).startsWith(PREFIX)) continue;
    for (const port of listOf(await raw("GET", `/ports?network_id=${id}`), "ports"))
      await raw("DELETE", `/ports/${port.id}`);
    await raw("DELETE", `/networks/${id}`);
  }
  for (const { id, name } of listOf(await raw("GET", "/security-groups"), "security_groups")) {
    if (String(name).startsWith(PREFIX)) await raw("DELETE", `/security-groups/${id}`);
  }
}

async function makeNetwork(
  scene: Scene,
  actor: Actor,
  wanted: { readonly name: string; readonly cidr: string; readonly more: object },
) {
  const body = { network: { name: wanted.name, ...wanted.more } };
  const networkId = idOf(
    await scene.raw(actor, { service: "network", method: "POST", path: "/networks", body }),
    "network",
  );
  const subnet = { name: `${wanted.name}-subnet`, network_id: networkId, cidr: wanted.cidr, ip_version: 4 };
  const made = await scene.raw(actor, { service: "network", method: "POST", path: "/subnets", body: { subnet } });
  return { networkId, subnetId: idOf(made, "subnet") };
}

async function makeRouter(
  scene: Scene,
  actor: Actor,
  between: { readonly subnetId: string; readonly externalNetworkId: string },
): Promise<void> {
  const router = { name: PREFIX, external_gateway_info: { network_id: between.externalNetworkId } };
  const made = await scene.raw(actor, { service: "network", method: "POST", path: "/routers", body: { router } });
  const path = `/routers/${idOf(made, "router")}/add_router_interface`;
  await scene.raw(actor, { service: "network", method: "PUT", path, body: { subnet_id: between.subnetId } });
}

async function makeSecurityGroup(scene: Scene, actor: Actor): Promise<string> {
  const body = { security_group: { name: PREFIX, description: "for recordings" } };
  const made = await scene.raw(actor, { service: "network", method: "POST", path: "/security-groups", body });
  const id = idOf(made, "security_group");
  for (const more of [
    { direction: "ingress", protocol: "tcp", port_range_min: 443, port_range_max: 443, remote_ip_prefix: "0.0.0.0/0" },
    { direction: "ingress", ethertype: "IPv4", remote_group_id: id },
  ]) {
    const rule = { security_group_rule: { security_group_id: id, ...more } };
    await scene.raw(actor, { service: "network", method: "POST", path: "/security-group-rules", body: rule });
  }
  return id;
}

async function makeFlavor(
  scene: Scene,
  actor: Actor,
  wanted: { readonly name: string; readonly vcpus: number; readonly ram: number },
): Promise<string> {
  const body = { flavor: { ...wanted, disk: 0 } };
  const made = await scene.raw(actor, { service: "compute", method: "POST", path: "/flavors", body });
  const id = idOf(made, "flavor");
  const specs = { extra_specs: { "hw:cpu_policy": "shared" } };
  await scene.raw(actor, { service: "compute", method: "POST", path: `/flavors/${id}/os-extra_specs`, body: specs });
  return id;
}

async function replicatedType({ cloud }: Actor, name: string) {
  const type = (await cloud.volume.listTypes()).find((each) => each.name === name);
  if (!type) throw new Error(`the cloud has no volume type ${name}`);
  return type;
}
