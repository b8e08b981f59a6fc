import type { CheckResult } from "@protector/contract";
import { isStopped } from "../steps/servers.ts";
import { type ComingHome, type FailbackInput, remadeOnly } from "./failback-input.ts";
import { checkFailover, checkRoom, distinct, type FailoverChecks, finding } from "./failover-checks.ts";
import type { FailoverInput } from "./failover-input.ts";
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
      ...unprotected(input),
      ...general.blockers.filter((check) => !unmapped(check) && !isQuota(check) && input.source.arrayGroup),
      ...remade.blockers.filter(unmapped),
      ...checkRoom(input, homeNeeds(input, coming)).filter(isQuota),
      ...own.filter(({ result }) => result === "error"),
    ]),
    warnings: distinct([...own.filter(({ result }) => result === "warning"), ...remade.warnings]),
  };
}

function unprotected({ source, group }: FailbackInput): readonly CheckResult[] {
  if (source.arrayGroup) return [];
  const reason = `Nothing replicates from ${source.siteName} to the group's home.`;
  return [finding("failback.not_reprotected", group.name, reason)];
}

/** How what waits at home differs from what is to come back to it. */
export function checkHome({ source, target }: FailoverInput, coming: ComingHome) {
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
    for (const port of home.description?.ports ?? [])
      if (!home.ports.has(port.mac_address.toLowerCase()))
        block(`Its port ${port.port_id} (${port.mac_address}) is gone from ${target.siteName}.`);
    for (const volume of made.filter((each) => each !== description.volumes[0]))
      warn(`Attach: volume ${volume.name || volume.volume_id} (${volume.size_gib} GiB) is made at ${target.siteName}.`);
    for (const id of surplus)
      warn(`Detach: volume ${id} at ${target.siteName} has no counterpart; it stays, unattached.`);
    const known = new Set(home.description?.ports.map((port) => port.mac_address.toLowerCase()));
    for (const port of description.ports.filter((each) => !known.has(each.mac_address.toLowerCase())))
      warn(`Its port ${port.mac_address}, plugged at ${source.siteName}, is not brought home: plug one there.`);
    if (home.description && isResized(description.flavor, home.description.flavor))
      warn(
        `It comes home with flavor ${home.description.flavor.name}; at ${source.siteName} it has ${description.flavor.name}.`,
      );
  }
  return found;
}

interface Size {
  readonly vcpus: number;
  readonly ram_mib: number;
}

function isResized(now: Size, then: Size): boolean {
  return now.vcpus !== then.vcpus || now.ram_mib !== then.ram_mib;
}
