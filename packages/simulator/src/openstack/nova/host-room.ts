import type { ComputeHost, FlavorRecord, ServerRecord } from "./records.ts";

/** What servers take of a host. */
export interface HostUse {
  readonly vcpus: number;
  readonly ramMiB: number;
  readonly diskGiB: number;
}

export const NO_USE: HostUse = { vcpus: 0, ramMiB: 0, diskGiB: 0 };

/** A volume-backed server takes no root disk of its host. */
export function needOf({ flavor, imageId }: ServerRecord): HostUse {
  const root = imageId === undefined ? 0 : flavor.diskGiB;
  const diskGiB = root + flavor.ephemeralGiB + Math.ceil(flavor.swapMiB / 1024);
  return { vcpus: flavor.vcpus, ramMiB: flavor.ramMiB, diskGiB };
}

export function hasRoom(host: ComputeHost, used: HostUse, need: HostUse): boolean {
  const keys = ["vcpus", "ramMiB", "diskGiB"] as const;
  return keys.every((key) => need[key] === 0 || used[key] + need[key] <= host[key]);
}

/** Traits that a server's flavor wants, `!` in front of those that it forbids; disabled hosts take no server. */
export function traitsOf({ extraSpecs }: FlavorRecord): readonly string[] {
  const named = Object.entries(extraSpecs).flatMap(([key, value]) => {
    if (!key.startsWith("trait:")) return [];
    return [value === "forbidden" ? `!${key.slice("trait:".length)}` : key.slice("trait:".length)];
  });
  return ["!COMPUTE_STATUS_DISABLED", ...named];
}

export function hasTraits({ traits }: ComputeHost, wanted: readonly string[]): boolean {
  return wanted.every((trait) => (trait.startsWith("!") ? !traits.has(trait.slice(1)) : traits.has(trait)));
}
