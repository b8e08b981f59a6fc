import type {
  ComputeClient,
  ComputeQuota,
  CreateServer,
  Flavor,
  Keypair,
  Server,
  ServerGroup,
  VolumeAttachment,
} from "./compute.ts";
import { readFlavor, readKeypair, readServer, readServerGroup, readVolumeAttachment } from "./compute-parsing.ts";
import { compareVersions } from "./microversion.ts";
import { readQuotaValue } from "./quota.ts";
import type { ServiceCaller } from "./request.ts";

/** From here on a server may be given a host name of its own. */
const HOSTNAME_SINCE = "2.90";

/** Nova over HTTP. */
export class NovaClient implements ComputeClient {
  readonly microversion: () => Promise<string>;
  readonly #nova: ServiceCaller;

  constructor(nova: ServiceCaller, microversion: () => Promise<string>) {
    this.#nova = nova;
    this.microversion = microversion;
  }

  async findServer(id: string): Promise<Server | undefined> {
    const server = await this.#nova.find(`/servers/${encodeURIComponent(id)}`, "server");
    return server && readServer(server);
  }

  async listServers(filter: Parameters<ComputeClient["listServers"]>[0]): Promise<readonly Server[]> {
    const query = {
      tags: filter.tag,
      // Nova takes the name for a regular expression.
      name: filter.name === undefined ? undefined : `^${filter.name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`,
      project_id: filter.projectId,
      all_tenants: filter.allProjects ? "true" : undefined,
    };
    const servers = await this.#nova.listAs({ path: "/servers/detail", key: "servers", query }, readServer);
    return servers.filter((server) => filter.name === undefined || server.name === filter.name);
  }

  async createServer(request: CreateServer): Promise<{ readonly id: string }> {
    const knowsHostname = compareVersions(await this.microversion(), HOSTNAME_SINCE) >= 0;
    const answer = await this.#nova.send({
      method: "POST",
      path: "/servers",
      body: createServerBody(knowsHostname ? request : { ...request, hostname: undefined }),
    });
    return { id: answer.fields().object("server").text("id") };
  }

  deleteServer(id: string): Promise<void> {
    return this.#nova.remove(`/servers/${encodeURIComponent(id)}`);
  }

  stopServer(id: string): Promise<void> {
    return this.#act(id, { "os-stop": null });
  }

  startServer(id: string): Promise<void> {
    return this.#act(id, { "os-start": null });
  }

  shelveServer(id: string): Promise<void> {
    return this.#act(id, { shelve: null });
  }

  unshelveServer(id: string): Promise<void> {
    return this.#act(id, { unshelve: null });
  }

  lockServer(id: string, reason: string): Promise<void> {
    return this.#act(id, { lock: { locked_reason: reason } });
  }

  unlockServer(id: string): Promise<void> {
    return this.#act(id, { unlock: null });
  }

  resizeServer(id: string, flavorId: string): Promise<void> {
    return this.#act(id, { resize: { flavorRef: flavorId } });
  }

  confirmResize(id: string): Promise<void> {
    return this.#act(id, { confirmResize: null });
  }

  async attachPort(id: string, portId: string): Promise<void> {
    const path = `/servers/${encodeURIComponent(id)}/os-interface`;
    await this.#nova.send({ method: "POST", path, body: { interfaceAttachment: { port_id: portId } } });
  }

  detachPort(id: string, portId: string): Promise<void> {
    return this.#nova.remove(`/servers/${encodeURIComponent(id)}/os-interface/${encodeURIComponent(portId)}`);
  }

  async consoleOutput(id: string, lines: number): Promise<string> {
    const path = `/servers/${encodeURIComponent(id)}/action`;
    const answer = await this.#nova.send({ method: "POST", path, body: { "os-getConsoleOutput": { length: lines } } });
    return answer.fields().optionalText("output") ?? "";
  }

  async findFlavor(id: string): Promise<Flavor | undefined> {
    const flavor = await this.#nova.find(`/flavors/${encodeURIComponent(id)}`, "flavor");
    return flavor && readFlavor(flavor);
  }

  async listFlavors(): Promise<readonly Flavor[]> {
    return (await this.#nova.list("/flavors/detail", "flavors", { is_public: "None" })).map(readFlavor);
  }

  async findKeypair(name: string, userId?: string): Promise<Keypair | undefined> {
    const path = `/os-keypairs/${encodeURIComponent(name)}`;
    const keypair = await this.#nova.find(path, "keypair", { user_id: userId });
    return keypair && readKeypair(keypair);
  }

  async listKeypairs(): Promise<readonly Keypair[]> {
    const keypairs = await this.#nova.list("/os-keypairs", "keypairs", {});
    return keypairs.map((each) => readKeypair(each.object("keypair")));
  }

  async importKeypair(name: string, publicKey: string, type: string): Promise<Keypair> {
    const body = { keypair: { name, public_key: publicKey, type } };
    const answer = await this.#nova.send({ method: "POST", path: "/os-keypairs", body });
    return readKeypair(answer.fields().object("keypair"));
  }

  deleteKeypair(name: string): Promise<void> {
    return this.#nova.remove(`/os-keypairs/${encodeURIComponent(name)}`);
  }

  async findServerGroup(id: string): Promise<ServerGroup | undefined> {
    const group = await this.#nova.find(`/os-server-groups/${encodeURIComponent(id)}`, "server_group");
    return group && readServerGroup(group);
  }

  async listServerGroups(allProjects?: boolean): Promise<readonly ServerGroup[]> {
    const groups = new Map<string, ServerGroup>();
    // This list names no next page; it is cut silently at the cloud's own limit and takes an offset.
    for (;;) {
      const before = groups.size;
      const page = await this.#nova.list("/os-server-groups", "server_groups", {
        all_projects: allProjects ? "True" : undefined,
        offset: before === 0 ? undefined : String(before),
      });
      for (const group of page.map(readServerGroup)) groups.set(group.id, group);
      if (groups.size === before) return [...groups.values()];
    }
  }

  async createServerGroup(name: string, policy: string): Promise<ServerGroup> {
    const body = { server_group: { name, policy } };
    const answer = await this.#nova.send({ method: "POST", path: "/os-server-groups", body });
    return readServerGroup(answer.fields().object("server_group"));
  }

  deleteServerGroup(id: string): Promise<void> {
    return this.#nova.remove(`/os-server-groups/${encodeURIComponent(id)}`);
  }

  async listAvailabilityZones(): Promise<readonly string[]> {
    const zones = await this.#nova.list("/os-availability-zone", "availabilityZoneInfo");
    return zones
      .filter((zone) => zone.optionalObject("zoneState")?.flag("available") ?? true)
      .map((zone) => zone.text("zoneName"));
  }

  async listVolumeAttachments(serverId: string): Promise<readonly VolumeAttachment[]> {
    const path = `/servers/${encodeURIComponent(serverId)}/os-volume_attachments`;
    return (await this.#nova.list(path, "volumeAttachments")).map(readVolumeAttachment);
  }

  async attachVolume(serverId: string, attachment: Parameters<ComputeClient["attachVolume"]>[1]): Promise<void> {
    const { volumeId, deleteOnTermination } = attachment;
    await this.#nova.send({
      method: "POST",
      path: `/servers/${encodeURIComponent(serverId)}/os-volume_attachments`,
      body: { volumeAttachment: { volumeId, delete_on_termination: deleteOnTermination } },
    });
  }

  async setDeleteOnTermination(serverId: string, volumeId: string, deleteOnTermination: boolean): Promise<void> {
    await this.#nova.send({
      method: "PUT",
      path: `/servers/${encodeURIComponent(serverId)}/os-volume_attachments/${encodeURIComponent(volumeId)}`,
      body: { volumeAttachment: { volumeId, delete_on_termination: deleteOnTermination } },
    });
  }

  detachVolume(serverId: string, volumeId: string): Promise<void> {
    const attachment = `os-volume_attachments/${encodeURIComponent(volumeId)}`;
    return this.#nova.remove(`/servers/${encodeURIComponent(serverId)}/${attachment}`);
  }

  async quota(projectId: string): Promise<ComputeQuota> {
    const path = `/os-quota-sets/${encodeURIComponent(projectId)}/detail`;
    const quota = (await this.#nova.send({ method: "GET", path })).fields().object("quota_set");
    return {
      instances: readQuotaValue(quota.object("instances")),
      cores: readQuotaValue(quota.object("cores")),
      ramMiB: readQuotaValue(quota.object("ram")),
      serverGroups: readQuotaValue(quota.object("server_groups")),
    };
  }

  async #act(id: string, action: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#nova.send({ method: "POST", path: `/servers/${encodeURIComponent(id)}/action`, body: action });
  }
}

/** Without the named field when its value is undefined. */
type WithOptionalHostname = Omit<CreateServer, "hostname"> & { readonly hostname?: string | undefined };

/** JSON leaves undefined fields out. */
function createServerBody(request: WithOptionalHostname): object {
  const hints = request.serverGroupId === undefined ? {} : { "os:scheduler_hints": { group: request.serverGroupId } };
  return { server: serverBody(request), ...hints };
}

function serverBody(request: WithOptionalHostname): object {
  return {
    name: request.name,
    description: request.description,
    flavorRef: request.flavorId,
    key_name: request.keyName,
    availability_zone: request.availabilityZone,
    hostname: request.hostname,
    user_data: request.userData,
    config_drive: request.configDrive,
    metadata: request.metadata,
    tags: request.tags,
    networks:
      request.networks.length === 0 ? "none" : request.networks.map(({ portId, tag }) => ({ port: portId, tag })),
    block_device_mapping_v2: request.volumes.map((volume) => ({
      uuid: volume.volumeId,
      source_type: "volume",
      destination_type: "volume",
      boot_index: volume.bootIndex,
      delete_on_termination: volume.deleteOnTermination,
      tag: volume.tag,
      device_name: volume.deviceName,
    })),
  };
}
