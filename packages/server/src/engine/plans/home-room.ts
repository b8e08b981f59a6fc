import { type ComingHome, remadeOnly } from "./failback-input.ts";
import type { FailoverInput } from "./failover-input.ts";
import { type RoomNeeds, roomNeeds, serverSizes } from "./room-needs.ts";

/** What coming home needs there: quota for what is made or grows, hosts for every server that starts. */
export function homeNeeds(input: FailoverInput, coming: readonly ComingHome[]): RoomNeeds {
  const { mapping, target } = input;
  const { flavors } = target;
  const rebuilt = roomNeeds({ ...remadeOnly(input, coming), flavors });
  const members = coming.flatMap(({ member, server, volumes }) => {
    const { description } = member;
    const made = description.volumes.filter((_, index) => !volumes[index]);
    return server ? [{ ...member, description: { ...description, volumes: made, ports: [] } }] : [];
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
  return {
    ...rebuilt,
    volumes: rebuilt.volumes + added.volumes,
    gigabytes: Object.values(byType).reduce((sum, each) => sum + each.gigabytes, 0),
    byType,
    ports: rebuilt.ports + added.ports,
    floatingIps: rebuilt.floatingIps + added.floatingIps,
    sizes: serverSizes({ ...input, flavors }),
  };
}
