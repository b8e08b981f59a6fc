import type { CheckResult, MappingKind } from "@protector/contract";
import { isStopped } from "../steps/servers.ts";
import { addedOnly, type ComingHome, type FailbackInput, remadeOnly } from "./failback-input.ts";
import { checkAddresses, checkFailover, checkMappings, checkRoom, type FailoverChecks } from "./failover-checks.ts";
import type { FailoverInput } from "./failover-input.ts";
import { distinct, finding } from "./findings.ts";
import { homeNeeds } from "./home-room.ts";

/** What stands in the way of a failback, and what people should know before it starts; differences since the failover first. */
export function checkFailback(input: FailbackInput, coming: readonly ComingHome[]): FailoverChecks {
  const general = checkFailover({ ...input, target: { ...input.target, ports: [] } });
  const remade = checkFailover(remadeOnly(input, coming));
  const own = coming.flatMap((each) => checkHome(input, each));
  const unmapped = (check: CheckResult) => /^(mapping|address)\./.test(check.check);
  const isQuota = (check: CheckResult) => check.check === "quota.exceeded";
  return {
    blockers: distinct([
      ...input.refusals,
      ...intoPod(input),
      ...unprotected(input),
      ...general.blockers.filter((check) => !unmapped(check) && !isQuota(check) && input.source.arrayGroup),
      ...remade.blockers.filter(unmapped),
      ...additionBlockers(input, coming),
      ...checkRoom(input, homeNeeds(input, coming)).filter(isQuota),
      ...own.filter(({ result }) => result === "error"),
    ]),
    warnings: distinct([...own.filter(({ result }) => result === "warning"), ...remade.warnings]),
  };
}

const ADDED: ReadonlySet<MappingKind> = new Set([
  "volume_type",
  "network",
  "subnet",
  "security_group",
  "floating_ip_pool",
]);

/** What a server that is kept gets is made by the mappings too. */
function additionBlockers(input: FailbackInput, coming: readonly ComingHome[]): readonly CheckResult[] {
  const added = addedOnly(input, coming);
  return [...checkMappings(added, (kind) => ADDED.has(kind)), ...checkAddresses(added)];
}

/** What waits in a pod is never overwritten: Cinder, and the array, would not let its volumes be replaced. */
function intoPod({ homePod, group, source, target }: FailbackInput): readonly CheckResult[] {
  if (homePod === undefined) return [];
  const reason = `The volumes that wait at ${target.siteName} are in pod ${homePod}, where nothing is written over them. The group runs on at ${source.siteName}.`;
  return [finding("failback.into_pod", group.name, reason)];
}

function unprotected({ source, group }: FailbackInput): readonly CheckResult[] {
  if (source.arrayGroup) return [];
  const reason = `Nothing replicates from ${source.siteName} to the group's home.`;
  return [finding("failback.not_reprotected", group.name, reason)];
}

/** How what waits at home differs from what is to come back to it. */
export function checkHome(input: FailoverInput, coming: ComingHome): readonly CheckResult[] {
  const { source, target } = input;
  const { member, home, server, volumes, surplus, grown } = coming;
  const found: CheckResult[] = [];
  const { description, name } = member;
  const warn = (reason: string) =>
    found.push({ check: "failback.difference", result: "warning", subject: name, reason, remedy: null });
  const block = (reason: string) =>
    found.push(
      finding("member.wrong_state", name, `${reason} Put that right, or delete the server there: then it is rebuilt.`),
    );
  const made = description.volumes.filter((_, index) => !volumes[index]);
  for (const { name: volume, fromGib, toGib } of grown)
    warn(`Grow: volume ${volume} at ${target.siteName} is extended from ${fromGib} to ${toGib} GiB.`);
  if (!server) warn(`Rebuild: its server is gone from ${target.siteName}; it comes home with another id.`);
  else {
    if (server.status === "ERROR" || !isStopped(server))
      block(`It is ${server.status} at ${target.siteName}, where it is to wait shelved or stopped.`);
    if (!volumes[0]) block(`Its root volume at ${target.siteName} is gone, or larger than that at ${source.siteName}.`);
    const wanted = new Set(description.ports.map((port) => port.mac_address.toLowerCase()));
    for (const port of home.description?.ports ?? [])
      if (!home.ports.has(port.mac_address.toLowerCase()) && wanted.has(port.mac_address.toLowerCase()))
        block(`Its port ${port.port_id} (${port.mac_address}) is gone from ${target.siteName}.`);
    for (const volume of made.filter((each) => each !== description.volumes[0]))
      warn(`Attach: volume ${volume.name || volume.volume_id} (${volume.size_gib} GiB) is made at ${target.siteName}.`);
    for (const id of surplus)
      warn(`Detach: volume ${id} at ${target.siteName} has no counterpart; it stays, unattached.`);
  }
  for (const reason of [...nicReasons(input, coming), ...flavorReasons(input, coming)]) warn(reason);
  return found;
}

function nicReasons({ source, target }: FailoverInput, { member, server, nics }: ComingHome): readonly string[] {
  const { ports } = member.description;
  const nicOf = (index: number) => {
    const { mac_address = "", fixed_ips = [] } = ports[index] ?? {};
    return `NIC ${[mac_address, ...fixed_ips.map(({ address }) => address)].join(" ")}`;
  };
  const rewired = nics.rewired.map(
    ({ index, told }) =>
      `Re-plug: ${nicOf(index)} got other ${told.join(" and ")} at ${source.siteName}: its port at ${target.siteName} gets the same.`,
  );
  // A server that is rebuilt is plugged as it is now.
  if (!server) return rewired;
  return [
    ...nics.added.map(
      (index) => `Re-plug: ${nicOf(index)}, plugged at ${source.siteName}, is plugged at ${target.siteName}.`,
    ),
    ...nics.removed.map(
      ({ id, macAddress }) =>
        `Re-plug: NIC ${macAddress}, unplugged at ${source.siteName}, is unplugged at ${target.siteName}; a port of its owner's (${id}) stays.`,
    ),
    ...rewired,
  ];
}

function flavorReasons({ source, target }: FailoverInput, { flavor }: ComingHome): readonly string[] {
  if (!flavor) return [];
  const { from, away, to } = flavor;
  return [
    to
      ? `Resize: it gets flavor ${to.name} instead of ${from} at ${target.siteName}, as it was resized to ${away} at ${source.siteName}.`
      : `Resize: flavor ${away}, which it was resized to at ${source.siteName}, is mapped to none of ${target.siteName}: it comes home with ${from}. Map it first: protector mapping set`,
  ];
}
