import { ProtectorError } from "@protector/contract";
import { noRoomReason, quotaShortages, type RoomNeeds } from "../plans/room-needs.ts";
import type { StepHandler } from "../runner/step-handler.ts";
import { sizesWithoutRoom } from "../world/host-room.ts";

/**
 * Sees that project and hosts of the target still have room. Compute cannot be held in advance: this is the last look before
 * the switch.
 * @throws ProtectorError `quota.exceeded`, `capacity.unavailable`
 */
export const checkRoom: StepHandler<RoomNeeds> = {
  run: async ({ here }, needs) => {
    const { projectId, siteName, admin } = here;
    const [compute, volume, network, withoutRoom] = await Promise.all([
      admin.compute.quota(projectId),
      admin.volume.quota(projectId),
      admin.network.quota(projectId),
      sizesWithoutRoom(admin.placement, needs.sizes),
    ]);
    const shortages = quotaShortages(needs, { compute, volume, network }, projectId);
    if (shortages.length > 0) throw new ProtectorError("quota.exceeded", `At ${siteName}: ${shortages.join(" ")}`);
    if (withoutRoom.length > 0) {
      const reasons = withoutRoom.map((each) => noRoomReason(each, siteName));
      throw new ProtectorError("capacity.unavailable", reasons.join(" "));
    }
  },
};
