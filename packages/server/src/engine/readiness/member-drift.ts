import type { PortDescription, VolumeDescription } from "@protector/contract";
import type { Port, Server, Volume } from "@protector/openstack";
import type { FailoverMember } from "../plans/failover-input.ts";
import { critical, type Finding, warning } from "./finding.ts";

/** A member with what its site shows of it now. */
export interface MemberNow {
  readonly groupName: string;
  readonly member: FailoverMember;
  readonly server: Server;
  /** Volumes of the project, by id. */
  readonly volumes: ReadonlyMap<string, Volume>;
  /** Ports of the server. */
  readonly ports: readonly Port[];
  /** Names of the volume types that replicate; undefined = every volume does (arrays that hold no data). */
  readonly replicatedTypes: ReadonlySet<string> | undefined;
  /** What a volume is called on the array; undefined = it is not on one. */
  arrayNameOf(volume: Volume): string | undefined;
}

/** What has changed on a server since it was protected: a recovery would bring up what was captured then. */
export function memberDrift(now: MemberNow): readonly Finding[] {
  return [...volumeDrift(now), ...portDrift(now), ...flavorDrift(now)];
}

/** The command that takes the present state of a member's server into its description. */
export function acceptDrift({ groupName, member }: Pick<MemberNow, "groupName" | "member">): string {
  return `If that is meant: protector member update ${groupName} ${member.name} --accept-drift`;
}

function volumeDrift(now: MemberNow): readonly Finding[] {
  const { member, server, volumes } = now;
  const captured = new Map(member.description.volumes.map((volume) => [volume.volume_id, volume]));
  const attached = new Set(server.volumeIds);
  return [
    ...[...attached].filter((id) => !captured.has(id)).map((id) => addedVolume(now, id, volumes.get(id))),
    ...[...captured.values()].filter((each) => !attached.has(each.volume_id)).map((each) => detachedVolume(now, each)),
    ...[...captured.values()].flatMap((each) => changedVolume(now, each, volumes.get(each.volume_id))),
  ];
}

function addedVolume(now: MemberNow, id: string, volume: Volume | undefined): Finding {
  const subject = now.member.name;
  const label = volume ? `Volume ${volume.name || id} (${id}, ${volume.sizeGiB} GiB)` : `Volume ${id}`;
  const isReplicated = !now.replicatedTypes || now.replicatedTypes.has(volume?.typeName ?? "");
  if (isReplicated) {
    const reason = `${label} was attached after it was protected: no recovery point holds it.`;
    return critical({ check: "drift.volume_added", subject, reason, remedy: acceptDrift(now) });
  }
  const reason = `${label} was attached after it was protected, and its type ${volume?.typeName ?? "none"} is not replicated: a recovery comes up without it.`;
  const retype = `openstack volume set --type REPLICATED_TYPE --retype-policy on-demand ${id}`;
  const remedy = `Detach it, or give it a replicated type (${retype}) and then: protector member update ${now.groupName} ${subject} --accept-drift`;
  return critical({ check: "drift.volume_unreplicated", subject, reason, remedy });
}

function detachedVolume(now: MemberNow, { name, volume_id }: VolumeDescription): Finding {
  const reason = `Volume ${name || volume_id} (${volume_id}) is no longer attached; a recovery would attach it again.`;
  return critical({ check: "drift.volume_detached", subject: now.member.name, reason, remedy: acceptDrift(now) });
}

function changedVolume(now: MemberNow, then: VolumeDescription, volume: Volume | undefined): readonly Finding[] {
  if (!volume) return [];
  const subject = now.member.name;
  const remedy = acceptDrift(now);
  const label = `Volume ${then.name || then.volume_id} (${then.volume_id})`;
  const found: Finding[] = [];
  if (volume.sizeGiB !== then.size_gib) {
    const reason = `${label} has ${volume.sizeGiB} GiB; it had ${then.size_gib} GiB when it was protected.`;
    found.push(warning({ check: "drift.volume_resized", subject, reason, remedy }));
  }
  const arrayName = now.arrayNameOf(volume);
  if (arrayName?.toLowerCase() !== then.array_volume.toLowerCase()) {
    const reason = `${label} is ${arrayName ?? "not there"} on the array; it was ${then.array_volume} when it was protected.`;
    found.push(critical({ check: "drift.volume_moved", subject, reason, remedy }));
  }
  return found;
}

function portDrift(now: MemberNow): readonly Finding[] {
  const { member, ports } = now;
  const subject = member.name;
  const remedy = acceptDrift(now);
  const captured = new Map(member.description.ports.map((port) => [port.mac_address.toLowerCase(), port]));
  const present = new Map(ports.map((port) => [port.macAddress.toLowerCase(), port]));
  const found: Finding[] = [];
  for (const [mac, { networkId }] of present) {
    if (captured.has(mac)) continue;
    const reason = `A NIC (${mac}, network ${networkId}) was plugged after it was protected: a recovery comes up without it.`;
    found.push(warning({ check: "drift.nic_added", subject, reason, remedy }));
  }
  for (const [mac, port] of captured) {
    const now = present.get(mac);
    const reason = now ? portDifference(mac, port, now) : `NIC ${mac} is gone; a recovery would plug it again.`;
    if (reason)
      found.push(warning({ check: now ? "drift.nic_changed" : "drift.nic_removed", subject, reason, remedy }));
  }
  return found;
}

function portDifference(mac: string, then: PortDescription, now: Port): string | undefined {
  const differences = [
    ["network", [then.network_id], [now.networkId]],
    ["addresses", then.fixed_ips.map(({ address }) => address), now.fixedIps.map(({ address }) => address)],
    ["security groups", then.security_group_ids, now.securityGroupIds],
    ["port security", [String(then.is_port_security_enabled)], [String(now.isPortSecurityEnabled)]],
    [
      "allowed address pairs",
      then.allowed_address_pairs.map((pair) => `${pair.ip_address} ${pair.mac_address}`),
      now.allowedAddressPairs.map((pair) => `${pair.ipAddress} ${pair.macAddress}`),
    ],
  ] as const satisfies readonly (readonly [string, readonly string[], readonly string[]])[];
  const texts = differences.flatMap(([what, before, after]) => {
    const [was, is] = [[...before].sort().join(", "), [...after].sort().join(", ")];
    return was === is ? [] : [`${what} ${was || "none"} are now ${is || "none"}`];
  });
  return texts.length === 0 ? undefined : `NIC ${mac} has changed: ${texts.join("; ")}.`;
}

function flavorDrift(now: MemberNow): readonly Finding[] {
  const { flavor: then } = now.member.description;
  const { flavor } = now.server;
  const isSame = flavor.originalName === then.name && flavor.vcpus === then.vcpus && flavor.ramMiB === then.ram_mib;
  if (isSame) return [];
  const reason = `Its flavor is ${flavor.originalName} (${flavor.vcpus} cores, ${flavor.ramMiB} MiB); it was ${then.name} (${then.vcpus} cores, ${then.ram_mib} MiB) when it was protected.`;
  return [warning({ check: "drift.flavor_changed", subject: now.member.name, reason, remedy: acceptDrift(now) })];
}
