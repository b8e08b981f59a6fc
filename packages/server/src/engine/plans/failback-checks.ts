import type { CheckResult } from "@protector/contract";
import { isStopped } from "../steps/servers.ts";
import type { ComingHome, FailbackInput } from "./failback-input.ts";
import { checkFailover, distinct, type FailoverChecks, finding } from "./failover-checks.ts";
import type { FailoverInput, FailoverMember } from "./failover-input.ts";

/** What stands in the way of a failback, and what people should know before it starts; differences since the failover first. */
export function checkFailback(input: FailbackInput, coming: readonly ComingHome[]): FailoverChecks {
  const general = checkFailover({ ...input, target: { ...input.target, ports: [] } });
  const remade = checkFailover(remadeOnly(input, coming));
  const own = coming.flatMap((each) => checkHome(input, each));
  const unmapped = (check: CheckResult) => /^(mapping|quota|address)\./.test(check.check);
  return {
    blockers: distinct([
      ...input.refusals,
      ...unprotected(input),
      ...general.blockers.filter((check) => !unmapped(check) && input.source.arrayGroup !== undefined),
      ...remade.blockers.filter(unmapped),
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

/** The failback as if it consisted of what has to be made at home alone. */
export function remadeOnly(input: FailoverInput, coming: readonly ComingHome[]): FailoverInput {
  const ownPorts = new Set(coming.flatMap(({ home }) => [...home.ports.values()].map(({ id }) => id)));
  const ports = input.target.ports.filter(({ id }) => !ownPorts.has(id));
  const members = coming.filter(({ server }) => !server).map(madeOf);
  return { ...input, members, target: { ...input.target, ports } };
}

function madeOf({ member, home, volumes }: ComingHome): FailoverMember {
  const { description } = member;
  return {
    ...member,
    description: {
      ...description,
      volumes: description.volumes.filter((_, index) => !volumes[index]),
      ports: description.ports.filter((port) => !home.ports.has(port.mac_address.toLowerCase())),
    },
  };
}

/** How what waits at home differs from what is to come back to it. */
export function checkHome({ source, target }: FailoverInput, { member, home, server, volumes, surplus }: ComingHome) {
  const found: CheckResult[] = [];
  const { description, name } = member;
  const warn = (reason: string) =>
    found.push({ check: "failback.difference", result: "warning", subject: name, reason, remedy: null });
  const block = (reason: string) =>
    found.push(
      finding("member.wrong_state", name, `${reason} Put that right, or delete the server there: then it is rebuilt.`),
    );
  const made = description.volumes.filter((_, index) => !volumes[index]);
  if (!server) warn(`Rebuild: its server is gone from ${target.siteName}; it comes home with another id.`);
  else {
    if (server.status === "ERROR" || !isStopped(server))
      block(`It is ${server.status} at ${target.siteName}, where it is to wait shelved or stopped.`);
    if (!volumes[0]) block(`Its root volume at ${target.siteName} is gone or has another size.`);
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
