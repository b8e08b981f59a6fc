import type { PlannedStep } from "../runner/plan.ts";
import type { GrowVolumeInput } from "../steps/grow-volume.ts";
import type { ComingHome } from "./failback-input.ts";
import type { FailoverInput } from "./failover-input.ts";
import { step } from "./planned-step.ts";

/**
 * What was changed at the other site and is brought home when the server runs there: Cinder gives no more room to a volume of
 * a shelved server. None of it keeps a server from being home: what fails is named, and can be tried again.
 */
export function changeSteps(input: FailoverInput, coming: ComingHome): readonly PlannedStep[] {
  return growSteps(input, coming);
}

/** The member is ready, and seen as planned, when its changes have ended, however they ended. */
export function afterChanges(steps: readonly PlannedStep[], changes: readonly PlannedStep[]): readonly PlannedStep[] {
  const keys = changes.map(({ key }) => key);
  const waits = ({ key }: PlannedStep) => key.startsWith("gate.") || key.startsWith("verify.");
  return steps.map((each) => (waits(each) ? { ...each, after: [...each.after, ...keys] } : each));
}

/** The overwriting has made it larger on the array already; Cinder counts it, and tells Nova. */
function growSteps({ target }: FailoverInput, { member, grown }: ComingHome): readonly PlannedStep[] {
  return grown.map(({ index, volumeId, name, fromGib, toGib }) => {
    const input: GrowVolumeInput = { title: `volume ${name} of ${member.name}`, volumeId, sizeGib: toGib };
    return step(
      `grow.${member.id}.${index}`,
      "ensure",
      "volume.grow",
      `Extend volume ${name} of ${member.name} at ${target.siteName} from ${fromGib} to ${toGib} GiB`,
      "recover",
      "target",
      {
        memberId: member.id,
        input,
        dependsOn: [`active.${member.id}`, `volume.${member.id}.${index}`],
        settings: { onFailure: "member" },
      },
    );
  });
}
