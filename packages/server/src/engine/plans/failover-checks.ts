import type { CheckResult, MappingKind } from "@protector/contract";
import { isHeldBy } from "../steps/markers.ts";
import { tellLeftBehind } from "./clear-left-behind.ts";
import type { FailoverInput, FailoverMember } from "./failover-input.ts";
import { distinct, finding } from "./findings.ts";
import { mappingGaps } from "./mapping-gaps.ts";
import { nicProblems, tellNics } from "./nic-checks.ts";
import { checkPodToLeave } from "./pod-checks.ts";
import { portWiring } from "./port-wiring.ts";
import { unseenGate } from "./readiness-gates.ts";
import { tellAddresses } from "./renumbered-addresses.ts";
import { isInPod } from "./replication-type.ts";
import { noRoomReason, quotaShortages, roomNeeds } from "./room-needs.ts";

/** What stands in the way of a planned failover, and what people should know before it starts. */
export interface FailoverChecks {
  readonly blockers: readonly CheckResult[];
  readonly warnings: readonly CheckResult[];
}

/** Looks at everything that would stop a planned failover half way; changes nothing. */
export function checkFailover(input: FailoverInput): FailoverChecks {
  const replicated = new Set(input.source.arrayGroup?.members.map((name) => name.toLowerCase()));
  const blockers: CheckResult[] = [
    ...checkStorage(input),
    ...input.members.flatMap((member) => checkServer(input, member, replicated)),
    ...checkMappings(input),
    ...checkNics(input),
    ...checkAddresses(input),
    ...checkRoom(input),
  ];
  if (input.members.length === 0) {
    blockers.push(finding("protection_group.wrong_status", input.group.name, "The group has no members to fail over."));
  }
  if (input.target.trustProblem)
    blockers.push(finding("trust.unusable", input.target.siteName, input.target.trustProblem));
  return {
    blockers: distinct(blockers),
    warnings: distinct([
      ...checkPodToLeave(input.pod).filter(({ result }) => result === "warning"),
      ...input.members.flatMap((member) => warnMember(input, member)),
      ...tellNics(input),
      ...tellLeftBehind(input),
    ]),
  };
}

function checkStorage(input: FailoverInput): CheckResult[] {
  const { source, target, group, epochs, operationId } = input;
  const found: CheckResult[] = [];
  for (const [siteName, marker] of [
    [source.siteName, source.marker],
    [target.siteName, target.marker],
  ] as const) {
    if (!marker)
      found.push(finding("marker.missing", siteName, `The group's marker is missing on the array at ${siteName}.`));
    else if (marker.epoch !== epochs.current && !isHeldBy(marker, operationId)) {
      const reason = `The marker at ${siteName} stands at epoch ${marker.epoch}, this site knows ${epochs.current}.`;
      found.push(finding("marker.other_primary", siteName, reason));
    } else if (marker.holder !== undefined && !isHeldBy(marker, operationId)) {
      found.push(
        finding("marker.held", siteName, `Operation ${marker.holder}… holds the group (marker at ${siteName}).`),
      );
    }
  }
  if (!source.arrayGroup) {
    found.push(
      finding("storage.refused", source.siteName, `Array group ${group.arrayGroup} is missing at ${source.siteName}.`),
    );
  }
  found.push(...checkReach(input), ...checkPodToLeave(input.pod).filter(({ result }) => result === "error"));
  if (target.cinderHostProblem) found.push(finding("site.not_validated", target.siteName, target.cinderHostProblem));
  return found;
}

/** Whether points of the group get to the target's array. */
function checkReach(input: FailoverInput): CheckResult[] {
  const { source, group } = input;
  if (isInPod(group)) return [];
  const found: CheckResult[] = [];
  if (isCutOff(source) && !isAllowedAgain(input)) {
    found.push(
      finding("storage.not_connected", source.siteName, `Array group ${group.arrayGroup} has no allowed target.`),
    );
  }
  if (source.connection?.status === "disconnected" || !source.connection) {
    found.push(finding("storage.not_connected", source.siteName, "The replication link between the arrays is down."));
  }
  return found;
}

function isCutOff({ arrayGroup }: FailoverInput["source"]): boolean {
  return arrayGroup !== undefined && !arrayGroup.targets.some((each) => each.isAllowed);
}

/** The recovery that left something behind has let nothing in since; that is over. */
export function isAllowedAgain({ leftBehind, group, source }: FailoverInput): boolean {
  return leftBehind !== undefined && !isInPod(group) && isCutOff(source);
}

/** @param replicated lower-case names of the array group's volumes. */
function checkServer(input: FailoverInput, member: FailoverMember, replicated: ReadonlySet<string>): CheckResult[] {
  const { source } = input;
  const server = source.servers.get(member.serverId);
  if (!server) {
    return [
      finding("member.server_not_found", member.name, `Server ${member.serverId} is gone from ${source.siteName}.`),
    ];
  }
  const found: CheckResult[] = [];
  const captured = new Set(member.description.volumes.map((volume) => volume.volume_id));
  const attached = new Set(server.volumeIds);
  const changed = [...attached].some((id) => !captured.has(id)) || [...captured].some((id) => !attached.has(id));
  if (changed) {
    const reason = `Its volumes have changed since it was protected: attached ${[...attached].join(", ")}, protected ${[...captured].join(", ")}.`;
    found.push(finding("member.changed", member.name, reason));
  }
  if (!["ACTIVE", "SHUTOFF"].includes(server.status)) {
    found.push(
      finding("member.wrong_state", member.name, `It is ${server.status}; a failover needs it ACTIVE or SHUTOFF.`),
    );
  }
  for (const volume of member.description.volumes) {
    if (input.source.arrayGroup && !replicated.has(volume.array_volume.toLowerCase())) {
      found.push(
        finding(
          "member.volume_not_replicated",
          member.name,
          `Volume ${volume.name} (${volume.array_volume}) is not in the array group.`,
        ),
      );
    }
  }
  return found;
}

/** @param isMeant leaves out kinds that do not matter. */
export function checkMappings(
  input: FailoverInput,
  isMeant: (kind: MappingKind) => boolean = () => true,
): CheckResult[] {
  return [...checkMapped(input, isMeant), ...checkSyncTypes(input)];
}

/** Recovered volumes are copies outside of the pod: Cinder takes none into one. */
function checkSyncTypes({ members, mapping, target }: FailoverInput): CheckResult[] {
  return members.flatMap(({ name, description }) =>
    description.volumes.flatMap(({ volume_type }) => {
      const mapped = mapping.find("volume_type", volume_type);
      const type = mapped === undefined ? undefined : target.volumeTypes.get(mapped);
      if (!type || !isSyncType(type)) return [];
      const reason = `Volume type ${volume_type} is mapped to ${type.name} at ${target.siteName}, a type of sync replication.`;
      return [finding("mapping.volume_type_sync", name, reason)];
    }),
  );
}

/** Whether volumes of the type are made in a pod. */
export function isSyncType({ extraSpecs }: { readonly extraSpecs: Readonly<Record<string, string>> }): boolean {
  return /^(<in> *)?(tri)?sync$/i.test(extraSpecs.replication_type ?? "");
}

function checkMapped(
  { members, mapping, target, sourceNames }: FailoverInput,
  isMeant: (kind: MappingKind) => boolean,
): CheckResult[] {
  const gaps = mappingGaps(members, mapping, target).filter(({ kind }) => isMeant(kind));
  return gaps.map(({ member, code, label, id, name, missingTarget }) => {
    const named = `${label} ${nameAndId(name ?? sourceNames.get(id), id)}`;
    return missingTarget === undefined
      ? finding(code, member.name, `${named} is not mapped to ${target.siteName}.`)
      : finding(
          "mapping.target_missing",
          member.name,
          `${named} is mapped to ${missingTarget}, which is not at ${target.siteName}.`,
        );
  });
}

/** People know names, mappings take ids. */
function nameAndId(name: string | undefined, id: string): string {
  return name === undefined || name === id ? id : `${name} (${id})`;
}

export function checkNics(input: FailoverInput): CheckResult[] {
  return nicProblems(input).map(({ member, reason }) => finding("mapping.nic_invalid", member.name, reason));
}

export function checkAddresses(input: FailoverInput): CheckResult[] {
  const { target, operationId } = input;
  return input.members.flatMap((member) =>
    member.description.ports.flatMap((port) => {
      const wiring = portWiring(input, member, port);
      const addresses = new Set(wiring.fixedIps.map(({ address }) => address));
      const mac = wiring.macAddress?.toLowerCase();
      return target.ports.flatMap((other) => {
        if (other.networkId !== wiring.networkId || other.description.includes(operationId)) return [];
        const address = other.fixedIps.find((ip) => addresses.has(ip.address))?.address;
        const taken = address ?? (other.macAddress.toLowerCase() === mac ? port.mac_address : undefined);
        if (taken === undefined) return [];
        const network = nameAndId(target.networkNames.get(other.networkId), other.networkId);
        const reason = `${taken} is held by ${other.deviceId || other.id} on network ${network} at ${target.siteName}.`;
        return [finding("address.taken", member.name, reason)];
      });
    }),
  );
}

export function checkRoom(
  input: FailoverInput,
  needs = roomNeeds({ ...input, flavors: input.target.flavors }),
): CheckResult[] {
  const { quota, siteName, projectId, withoutRoom } = input.target;
  return [
    ...quotaShortages(needs, quota, projectId).map((reason) => finding("quota.exceeded", siteName, reason)),
    ...withoutRoom.map((each) => finding("capacity.unavailable", siteName, noRoomReason(each, siteName))),
  ];
}

function warnMember(input: FailoverInput, member: FailoverMember): CheckResult[] {
  const { description } = member;
  const found: CheckResult[] = [];
  const warn = (check: string, reason: string, remedy: string | null) =>
    found.push({ check, result: "warning", subject: member.name, reason, remedy });
  if (member.keepsUserData && description.user_data) {
    const text = Buffer.from(description.user_data, "base64").toString("utf8");
    const risky = ["runcmd", "bootcmd", "disk_setup", "fs_setup"].filter((key) => text.includes(key));
    if (risky.length > 0) {
      warn(
        "member.user_data",
        `Its user data holds ${risky.join(", ")}, which runs again at the first boot elsewhere.`,
        "protector member set --user-data drop",
      );
    }
  }
  for (const port of description.ports) {
    const own = member.nics.get(port.mac_address.toLowerCase());
    for (const floatingIp of own?.floating_ips ? [] : port.floating_ips) {
      warn(
        "member.floating_ip_changes",
        `Floating IP ${floatingIp.address} is replaced by one of ${input.target.siteName}.`,
        null,
      );
    }
  }
  found.push(...warnServerGroup(input, member), ...tellAddresses(input, member), ...unseenGate(input, member));
  if (description.key_pair && description.key_pair.public_key === null) {
    warn(
      "member.key_pair",
      `The public key of ${description.key_pair.name} could not be read: it must exist there, or the server is built without one.`,
      null,
    );
  }
  return found;
}

/** A server group there that treats its members otherwise. */
function warnServerGroup({ mapping, target }: FailoverInput, { name, description }: FailoverMember): CheckResult[] {
  const { server_group: group } = description;
  const mapped = group && target.serverGroups.get(mapping.find("server_group", group.id) ?? "");
  if (!mapped || mapped.policy === group.policy) return [];
  const reason = `Server group ${group.name} (${group.policy}) is mapped to ${mapped.name} at ${target.siteName}, whose policy is ${mapped.policy}.`;
  return [{ check: "member.server_group_policy", result: "warning", subject: name, reason, remedy: null }];
}

/** True of every plan: people have to know it before they begin. */
export function notHeld(siteName: string): CheckResult {
  const reason = `Room on the hosts of ${siteName} cannot be held: it is looked at again right before the switch, and may still be gone when the servers are built.`;
  return { check: "capacity.not_held", result: "warning", subject: siteName, reason, remedy: null };
}
