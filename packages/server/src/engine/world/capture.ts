import type { CheckResult, ServerDescription, VolumeDescription } from "@protector/contract";
import type { Flavor, Port, Server, Volume, VolumeAttachment, VolumeType } from "@protector/openstack";
import { type ArrayVolume, podOf } from "@protector/storage";
import { finding } from "../plans/findings.ts";
import type { SiteAccess } from "./site-access.ts";
import { arrayNameOf } from "./stand-ins.ts";

/** What was found of a server: everything needed to rebuild it, or why it cannot be protected. */
export interface CapturedServer {
  readonly description: ServerDescription | undefined;
  readonly refusals: readonly CheckResult[];
  readonly warnings: readonly CheckResult[];
}

/**
 * Reads a server with all that belongs to it, as the site's administrator: members get 403 or nothing for user data, root
 * device, array names.
 */
export async function captureServer(site: SiteAccess, serverId: string): Promise<CapturedServer> {
  const server = await site.admin.compute.findServer(serverId);
  if (!server || server.projectId !== site.projectId) {
    const reason = `There is no server ${serverId} in project ${site.projectId} at ${site.siteName}.`;
    return { description: undefined, refusals: [finding("member.server_not_found", serverId, reason)], warnings: [] };
  }
  const seen = await readServer(site, server);
  const refusals = refusalsOf(site, server, seen);
  return { description: describeServer(site, server, seen), refusals, warnings: [] };
}

interface SeenServer {
  readonly attachments: readonly VolumeAttachment[];
  readonly volumes: readonly Volume[];
  readonly arrayVolumes: ReadonlyMap<string, ArrayVolume>;
  readonly types: readonly VolumeType[];
  readonly ports: readonly Port[];
  readonly floatingIps: readonly {
    readonly portId: string | null;
    readonly networkId: string;
    readonly address: string;
  }[];
  readonly flavor: Flavor | undefined;
  readonly keyPair: { readonly name: string; readonly type: string; readonly publicKey: string } | undefined;
  readonly serverGroup: { readonly id: string; readonly name: string; readonly policy: string } | undefined;
}

async function readServer(site: SiteAccess, server: Server): Promise<SeenServer> {
  const { compute, volume, network } = site.admin;
  const attachments = await compute.listVolumeAttachments(server.id);
  const [volumes, types, ports, floatingIps, flavors, keyPair, groups] = await Promise.all([
    Promise.all(attachments.map((attachment) => volume.findVolume(attachment.volumeId))),
    volume.listTypes(),
    network.listPorts({ deviceId: server.id }),
    network.listFloatingIps({ projectId: server.projectId }),
    compute.listFlavors(),
    server.keyName === null ? undefined : compute.findKeypair(server.keyName, server.userId),
    compute.listServerGroups(true),
  ]);
  const found = volumes.filter((each) => each !== undefined);
  const named = found.flatMap((each) => {
    const name = arrayNameOf(site, each);
    return name === undefined ? [] : [{ name, bytes: each.sizeGiB * 2 ** 30 }];
  });
  await site.array.enrol(named);
  const arrayVolumes = await site.array.findVolumes(named.map(({ name }) => name));
  return {
    attachments,
    volumes: inBootOrder(server, attachments, found),
    arrayVolumes: new Map(arrayVolumes.map((each) => [each.name.toLowerCase(), each])),
    types,
    ports,
    floatingIps,
    flavor: flavors.find((flavor) => flavor.name === server.flavor.originalName),
    keyPair,
    serverGroup: groups.find((group) => group.memberIds.includes(server.id)),
  };
}

/** Root first, the rest by device name: `vdb` before `vdc`. */
function inBootOrder(
  server: Server,
  attachments: readonly VolumeAttachment[],
  volumes: readonly Volume[],
): readonly Volume[] {
  const deviceOf = (volume: Volume) => attachments.find((each) => each.volumeId === volume.id)?.device ?? "";
  const rank = (volume: Volume) => (deviceOf(volume) === server.rootDeviceName ? "" : deviceOf(volume).padStart(16));
  return [...volumes].sort((a, b) => (rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : 0));
}

/** Notes why a part of a server cannot be protected. */
type Refuse = (code: Parameters<typeof finding>[0], reason: string) => void;

function refusalsOf({ array, pod }: SiteAccess, server: Server, seen: SeenServer): readonly CheckResult[] {
  const found: CheckResult[] = [];
  const refuse: Refuse = (code, reason) => {
    found.push(finding(code, server.name, reason));
  };
  if (server.imageId !== undefined)
    refuse(
      "member.image_booted",
      `Server ${server.name} boots from image ${server.imageId}; its root disk is not a volume.`,
    );
  if (server.flavor.ephemeralGiB > 0 || server.flavor.swapMiB > 0) {
    refuse("member.local_disk", `Flavor ${server.flavor.originalName} of ${server.name} has ephemeral or swap disks.`);
  }
  if (Object.keys(server.flavor.extraSpecs).some((key) => key.startsWith("hw:tpm"))) {
    refuse("member.unsupported_device", `Flavor ${server.flavor.originalName} of ${server.name} has a virtual TPM.`);
  }
  if (seen.volumes.length === 0 && server.imageId === undefined) {
    refuse("member.volume_not_replicated", `Server ${server.name} has no volumes.`);
  }
  for (const volume of seen.volumes) {
    refuseVolume(server, volume, refuse);
    if (array.holdsData) refuseUnreplicated(server, seen, volume, refuse);
    refuseByPod(server, volume, { pod, arrayName: arrayNameOf({ array, pod }, volume), refuse });
  }
  for (const port of seen.ports) {
    if (port.vnicType && port.vnicType !== "normal") {
      refuse("member.unsupported_port", `Port ${port.id} of ${server.name} has vNIC type ${port.vnicType}.`);
    }
  }
  return found;
}

function refuseVolume(server: Server, volume: Volume, refuse: Refuse): void {
  const label = labelOf(server, volume);
  if (volume.isEncrypted) refuse("member.volume_encrypted", `${label} is encrypted.`);
  if (volume.attachments.some((attachment) => attachment.serverId !== server.id)) {
    refuse("member.volume_shared", `${label} is attached to other servers too.`);
  }
}

function labelOf(server: Server, volume: Volume): string {
  return `Volume ${volume.name || volume.id} (${volume.id}) of ${server.name}`;
}

/** A mock array knows every volume, and no volume type says so. */
function refuseUnreplicated(server: Server, seen: SeenServer, volume: Volume, refuse: Refuse): void {
  const label = labelOf(server, volume);
  const type = seen.types.find((each) => each.name === volume.typeName);
  if (!/true/i.test(type?.extraSpecs.replication_enabled ?? "")) {
    refuse(
      "member.volume_not_replicated",
      `${label} has volume type ${volume.typeName ?? "none"}, which is not replicated.`,
    );
  } else if (!volume.providerId || !seen.arrayVolumes.has(volume.providerId.toLowerCase())) {
    refuse("member.volume_not_on_array", `${label} is not on the array of the group's policy.`);
  }
}

/** All volumes of a group are in one pod, or in none. */
function refuseByPod(
  server: Server,
  volume: Volume,
  of: { readonly pod: string | undefined; readonly arrayName: string | undefined; readonly refuse: Refuse },
): void {
  if (of.arrayName === undefined) return;
  const own = podOf(of.arrayName);
  if (own?.toLowerCase() === of.pod?.toLowerCase()) return;
  const label = labelOf(server, volume);
  const type = volume.typeName ?? "none";
  if (of.pod === undefined)
    of.refuse("member.volume_in_pod", `${label} is in pod ${own}; the group replicates asynchronously.`);
  else {
    const where = own === undefined ? "is in no pod" : `is in pod ${own}`;
    of.refuse(
      "member.volume_not_in_pod",
      `${label} (volume type ${type}) ${where}; the group's volumes are in pod ${of.pod}.`,
    );
  }
}

function describeServer(site: SiteAccess, server: Server, seen: SeenServer): ServerDescription {
  return {
    server_id: server.id,
    name: server.name,
    description: server.description,
    hostname: server.hostname,
    project_id: site.projectId,
    user_id: server.userId,
    flavor: {
      id: seen.flavor?.id ?? server.flavor.originalName,
      name: server.flavor.originalName,
      vcpus: server.flavor.vcpus,
      ram_mib: server.flavor.ramMiB,
      disk_gib: server.flavor.diskGiB,
      extra_specs: { ...server.flavor.extraSpecs },
    },
    key_pair:
      server.keyName === null
        ? null
        : { name: server.keyName, type: seen.keyPair?.type ?? "ssh", public_key: seen.keyPair?.publicKey ?? null },
    availability_zone: server.availabilityZone,
    server_group: seen.serverGroup
      ? { id: seen.serverGroup.id, name: seen.serverGroup.name, policy: seen.serverGroup.policy }
      : null,
    metadata: { ...server.metadata },
    tags: [...server.tags],
    has_config_drive: server.hasConfigDrive,
    user_data: server.userData ?? null,
    was_running: server.status === "ACTIVE",
    was_locked: server.isLocked,
    locked_reason: server.lockedReason,
    volumes: seen.volumes.map((volume) => ({
      ...describeVolume(server, seen, volume),
      array_volume: arrayNameOf(site, volume) ?? "",
    })),
    ports: [...seen.ports]
      .sort((a, b) => (a.macAddress < b.macAddress ? -1 : 1))
      .map((port) => describePort(seen, port)),
  };
}

function describeVolume(server: Server, seen: SeenServer, volume: Volume): Omit<VolumeDescription, "array_volume"> {
  const attachment = seen.attachments.find((each) => each.volumeId === volume.id);
  return {
    volume_id: volume.id,
    name: volume.name,
    description: volume.description,
    size_gib: volume.sizeGiB,
    volume_type: volume.typeName ?? "",
    is_bootable: volume.isBootable,
    is_root: attachment?.device === server.rootDeviceName,
    device: attachment?.device ?? null,
    tag: attachment?.tag ?? null,
    delete_on_termination: attachment?.deleteOnTermination ?? false,
    metadata: { ...volume.metadata },
    image_metadata: { ...volume.imageMetadata },
  };
}

function describePort(seen: SeenServer, port: Port): ServerDescription["ports"][number] {
  return {
    port_id: port.id,
    name: port.name,
    network_id: port.networkId,
    mac_address: port.macAddress,
    fixed_ips: port.fixedIps.map((ip) => ({ subnet_id: ip.subnetId, address: ip.address })),
    security_group_ids: [...port.securityGroupIds],
    is_port_security_enabled: port.isPortSecurityEnabled,
    allowed_address_pairs: port.allowedAddressPairs.map((pair) => ({
      ip_address: pair.ipAddress,
      mac_address: pair.macAddress,
    })),
    dns_name: port.dnsName ?? null,
    vnic_type: port.vnicType ?? "normal",
    floating_ips: seen.floatingIps
      .filter((floatingIp) => floatingIp.portId === port.id)
      .map((floatingIp) => ({ network_id: floatingIp.networkId, address: floatingIp.address })),
  };
}
