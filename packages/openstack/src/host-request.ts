import type { Flavor } from "./compute.ts";
import type { HostRequest } from "./placement.ts";

/** Nova asks for hosts without it: it stands on those whose compute service is disabled. */
const NOT_DISABLED = "!COMPUTE_STATUS_DISABLED";

/** `resources:VCPU`, `resources2:VCPU`, `trait:HW_CPU_X86_AVX2`; the number tells which group of the request it is in. */
const PLACEMENT_SPEC = /^(resources|trait)([a-zA-Z0-9_-]*):(.+)$/;

/**
 * What Nova asks Placement for when it looks for a host for a server that boots from a volume: the root disk of the flavor is
 * not asked for, ephemeral and swap disks are; `resources:` of the flavor's extra specs replace its own amounts.
 *
 * Left out is what cannot be told from a flavor alone: numbered groups, CPUs of a pinned server (Nova takes dedicated or,
 * when there are none, shared ones), devices, the hosts of an availability zone. So a host that Placement names may be
 * refused by Nova after all; that none is named means that Nova finds none either.
 *
 * @param imageMetadata of the volume that the server boots from.
 * @returns undefined when nothing is left to ask for.
 * Source: https://docs.openstack.org/nova/latest/configuration/extra-specs.html (`resources`, `trait`, `hw:cpu_policy`);
 * nova/scheduler/utils.py for volume-backed servers.
 */
export function hostRequest(
  flavor: Flavor,
  imageMetadata: Readonly<Record<string, string>> = {},
): HostRequest | undefined {
  const amounts: Record<string, number> = {
    VCPU: isPinned(flavor, imageMetadata) ? 0 : flavor.vcpus,
    MEMORY_MB: flavor.ramMiB,
    DISK_GB: flavor.ephemeralGiB + Math.ceil(flavor.swapMiB / 1024),
  };
  const traits = [NOT_DISABLED];
  for (const [key, value] of Object.entries(flavor.extraSpecs)) {
    const [, kind, group, name] = PLACEMENT_SPEC.exec(key) ?? [];
    if (name === undefined) continue;
    if (kind === "resources") amounts[name] = group === "" ? Number(value) : 0;
    else if (group === "" && value === "required") traits.push(name);
    else if (group === "" && value === "forbidden") traits.push(`!${name}`);
  }
  const asked = Object.entries(amounts).filter(([, amount]) => amount > 0);
  if (asked.length === 0) return undefined;
  return { resources: Object.fromEntries(asked.sort(byName)), traits: [...new Set(traits)].sort() };
}

function isPinned({ extraSpecs }: Flavor, imageMetadata: Readonly<Record<string, string>>): boolean {
  const policy = extraSpecs["hw:cpu_policy"] ?? imageMetadata.hw_cpu_policy;
  return policy === "dedicated" || policy === "mixed";
}

function byName([a]: readonly [string, number], [b]: readonly [string, number]): number {
  return a < b ? -1 : 1;
}
