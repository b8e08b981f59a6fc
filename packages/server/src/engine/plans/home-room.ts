import { type ComingHome, remadeOnly } from "./failback-input.ts";
import type { FailoverInput } from "./failover-input.ts";
import { type RoomNeeds, roomNeeds, serverSizes } from "./room-needs.ts";

/** What coming home needs there: quota for what is made or grows, hosts for every server that starts. */
export function homeNeeds(input: FailoverInput, coming: readonly ComingHome[]): RoomNeeds {
  const { mapping, target } = input;
  const { flavors } = target;
  const rebuilt = roomNeeds({ ...remadeOnly(input, coming), flavors });
  const kept = coming.filter(({ server }) => server);
  const members = kept.map(({ member, volumes, nics }) => {
    const { description } = member;
    const made = description.volumes.filter((_, index) => !volumes[index]);
    const plugged = description.ports.filter((_, index) => nics.added.includes(index));
    return { ...member, description: { ...description, volumes: made, ports: plugged } };
  });
  const added = roomNeeds({ members, mapping, flavors });
  const grown = coming.flatMap((each) => each.grown);
  const more = grown.map(({ volumeType, fromGib, toGib }) => {
    return { type: mapping.find("volume_type", volumeType) ?? volumeType, volumes: 0, gigabytes: toGib - fromGib };
  });
  const ofTypes = (needs: RoomNeeds) => Object.entries(needs.byType).map(([type, need]) => ({ type, ...need }));
  const byType: Record<string, { volumes: number; gigabytes: number }> = {};
  for (const { type, volumes, gigabytes } of [...ofTypes(rebuilt), ...ofTypes(added), ...more]) {
    const before = byType[type] ?? { volumes: 0, gigabytes: 0 };
    byType[type] = { volumes: before.volumes + volumes, gigabytes: before.gigabytes + gigabytes };
  }
  const resized = kept.flatMap(({ flavor }) => (flavor?.to ? [{ from: flavor.size, to: flavor.to }] : []));
  const growth = (size: "vcpus" | "ramMiB") =>
    resized.reduce((sum, { from, to }) => sum + Math.max(0, to[size] - from[size]), 0);
  return {
    ...rebuilt,
    cores: rebuilt.cores + growth("vcpus"),
    ramMiB: rebuilt.ramMiB + growth("ramMiB"),
    volumes: rebuilt.volumes + added.volumes,
    gigabytes: Object.values(byType).reduce((sum, each) => sum + each.gigabytes, 0),
    byType,
    ports: rebuilt.ports + added.ports,
    floatingIps: rebuilt.floatingIps + added.floatingIps,
    sizes: serverSizes({ ...input, flavors }),
  };
}
