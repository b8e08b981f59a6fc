import type { HostRoom, PlacementClient } from "@protector/openstack";
import { OutsideError } from "@protector/ports";
import type { ServerSize, SizeWithoutRoom } from "../plans/room-needs.ts";

/**
 * Those of the sizes that the hosts have too little room for now, each by itself, or all together: one question to Placement
 * for each size. Nova may still spread servers so that the last ones do not fit: that all fit here is no promise.
 * @throws OutsideError when Placement cannot be asked.
 */
export async function sizesWithoutRoom(
  placement: PlacementClient,
  sizes: readonly ServerSize[],
): Promise<readonly SizeWithoutRoom[]> {
  const total = sizes.reduce((sum, { servers }) => sum + servers, 0);
  const rooms = await Promise.all(sizes.map((size) => roomOf(placement, size, total)));
  const alone = rooms.flatMap(({ size, room, refusal }): SizeWithoutRoom[] => {
    const fits = room?.servers ?? 0;
    return fits >= size.servers ? [] : [{ size, fits, refusal }];
  });
  if (alone.length > 0) return alone;
  return together(
    rooms.map(({ room }) => room).filter((room) => room !== undefined),
    sizes,
  );
}

async function roomOf(placement: PlacementClient, size: ServerSize, hosts: number) {
  try {
    return { size, room: await placement.roomFor(size.request, hosts), refusal: undefined };
  } catch (error) {
    // Nova sends the same resources and traits: a class or trait that Placement does not know leaves it without a host.
    if (error instanceof OutsideError && error.failure.status === 400) {
      return { size, room: undefined, refusal: error.failure.detail };
    }
    throw error;
  }
}

/** Sizes share the hosts. Known only when no host was left out. */
function together(rooms: readonly HostRoom[], sizes: readonly ServerSize[]): readonly SizeWithoutRoom[] {
  if (!rooms.every(({ isEveryHost }) => isEveryHost)) return [];
  const providers: HostRoom["free"] = Object.assign({}, ...rooms.map(({ free }) => free));
  const needs = new Map<string, number>();
  for (const { servers, request } of sizes) {
    for (const [resource, amount] of Object.entries(request.resources))
      needs.set(resource, (needs.get(resource) ?? 0) + servers * amount);
  }
  const all: ServerSize = {
    flavors: [...new Set(sizes.flatMap(({ flavors }) => flavors))],
    servers: sizes.reduce((sum, { servers }) => sum + servers, 0),
    request: { resources: Object.fromEntries(needs), traits: [] },
  };
  return [...needs].flatMap(([resource, needed]): SizeWithoutRoom[] => {
    const free = Object.values(providers).reduce((sum, left) => sum + Math.max(0, left[resource] ?? 0), 0);
    return free >= needed ? [] : [{ size: all, fits: 0, short: { resource, free, needed }, refusal: undefined }];
  });
}
