import type { PlannedStep } from "../runner/plan.ts";
import type { BringBackInput } from "../steps/servers.ts";
import type { WaitingHome } from "./failback-input.ts";
import type { FailoverInput } from "./failover-input.ts";
import { step } from "./planned-step.ts";

/** Servers that never left only have to run again. */
export function stayedSteps({
  stayed,
  target,
}: Pick<FailoverInput, "target"> & Pick<WaitingHome, "stayed">): PlannedStep[] {
  return stayed.map(({ id, name, serverId, description }) => {
    const input: BringBackInput = {
      serverId,
      name,
      shouldRun: description.was_running,
      wasLocked: description.was_locked,
      lockedReason: description.locked_reason,
      arrayVolumes: description.volumes.map((volume) => volume.array_volume),
    };
    return step(
      `back.${id}`,
      "fire",
      "server.bring_back",
      `Start ${name}, which stayed at ${target.siteName}`,
      "recover",
      "target",
      {
        memberId: id,
        input,
        dependsOn: ["schedule.off"],
        settings: { isPointOfNoReturn: true, onFailure: "member", weight: 5 },
      },
    );
  });
}
