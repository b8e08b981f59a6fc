import type { PlacementClient } from "@protector/openstack";
import { OutsideError } from "@protector/ports";
import type { ServerSize, SizeWithoutRoom } from "../plans/room-needs.ts";

/**
 * Those of the sizes that Placement has no host for now. One question per size, and only whether there is any host: how many
 * servers the hosts take together depends on where Nova puts each.
 * @throws OutsideError when Placement cannot be asked.
 */
export async function sizesWithoutRoom(
  placement: PlacementClient,
  sizes: readonly ServerSize[],
): Promise<readonly SizeWithoutRoom[]> {
  const found = await Promise.all(
    sizes.map(async (size): Promise<SizeWithoutRoom | undefined> => {
      try {
        return (await placement.countHostsWithRoom(size.request, 1)) > 0 ? undefined : { size, refusal: undefined };
      } catch (error) {
        // Nova sends the same resources and traits: a class or trait that Placement does not know leaves it without a host.
        if (error instanceof OutsideError && error.failure.status === 400) {
          return { size, refusal: error.failure.detail };
        }
        throw error;
      }
    }),
  );
  return found.filter((each) => each !== undefined);
}
