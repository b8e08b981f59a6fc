import { writesOf } from "@protector/simulator";
import type { ProtectedGroup } from "./protected-group.ts";
import type { TwoSites } from "./two-sites.ts";

/**
 * Writes that the servers made at site A and that the servers recovered at site B did not find when they first booted, by
 * server. Also proves that all disks of a server were cut at one point: the sequence has no gap.
 */
export function lostWrites(sites: TwoSites, group: ProtectedGroup): readonly string[] {
  const { world } = sites;
  const lost: string[] = [];
  for (const { server } of group.servers) {
    const source = world.cloud("site-a").guest(server.id);
    const recovered = [...world.cloud("site-b").compute.servers.values()].filter((each) => each.name === server.name);
    const [only] = recovered;
    if (!only || recovered.length !== 1) {
      lost.push(`${server.name}: ${recovered.length} servers at site B`);
      continue;
    }
    const boots = world.cloud("site-b").guests.find(only.id)?.bootRecords ?? [];
    if (boots.length !== 1) lost.push(`${server.name}: booted ${boots.length} times`);
    const found = (boots[0]?.disks ?? [])
      .flatMap((disk) => writesOf(disk.content))
      .filter((write) => write.writer === server.id);
    const sequences = new Set(found.map((write) => write.sequence));
    const missing = Array.from({ length: source.sequence }, (_, index) => index + 1).filter(
      (each) => !sequences.has(each),
    );
    if (missing.length > 0)
      lost.push(`${server.name}: ${missing.length} of ${source.sequence} writes lost, first ${missing[0]}`);
  }
  return lost;
}
