import { ProtectorError } from "@protector/contract";
import { OutsideError } from "@protector/ports";
import { type Marker, markerName } from "@protector/storage";
import { isHeldBy } from "../steps/markers.ts";
import type { JournaledStep } from "./operation-store.ts";
import type { RunEnvironment } from "./step-context.ts";
import { Superseded } from "./step-handler.ts";

/**
 * Right before a fire step: the operation still holds the group. Both markers are read; a planned operation needs both, one
 * that goes on without its source only the target's.
 * @throws Superseded when a marker shows an epoch or a holder that is not this operation's.
 */
export async function guardMarkers(
  environment: RunEnvironment,
  steps: readonly JournaledStep[],
  parameters: unknown,
): Promise<void> {
  const isTaken = steps.some((step) => TAKES_MARKER.has(step.action) && step.status === "completed");
  const isAlone = (parameters as { as?: string }).as === "unplanned" || environment.source.isOwn;
  const { groupId, id } = environment.operation;
  for (const side of [environment.source, environment.target]) {
    const isNeeded = !isAlone || side.isOwn;
    const marker = isNeeded ? await side.array.readMarker(groupId) : await unlessSilent(side.array.readMarker(groupId));
    if (marker === undefined) {
      if (!isNeeded) continue;
      throw new ProtectorError(
        "marker.missing",
        `The marker of the group is missing on the array at ${side.siteName}.`,
      );
    }
    if (isTaken)
      requireOurs({ marker, operationId: id, epochs: epochsOf(environment, steps), siteName: side.siteName });
  }
}

const TAKES_MARKER = new Set(["marker.take", "marker.claim"]);

/** Epochs at which a marker may stand while this operation works. */
function epochsOf(environment: RunEnvironment, steps: readonly JournaledStep[]): ReadonlySet<number> {
  const epochs = new Set<number>();
  if (environment.operation.epoch !== null) epochs.add(environment.operation.epoch);
  for (const step of steps) {
    const input = step.input as { epoch?: number; to?: number; back?: number };
    for (const epoch of [input.epoch, input.to, input.back]) if (epoch !== undefined) epochs.add(epoch);
  }
  return epochs;
}

function requireOurs(check: {
  readonly marker: Marker;
  readonly operationId: string;
  readonly epochs: ReadonlySet<number>;
  readonly siteName: string;
}): void {
  const { marker, operationId, epochs, siteName } = check;
  if (isHeldBy(marker, operationId)) return;
  if (marker.holder === undefined && epochs.has(marker.epoch)) return;
  const isOlder = marker.epoch < Math.min(...epochs);
  if (isOlder) return;
  throw new Superseded(
    `the marker on the array at ${siteName} is ${markerName(marker)}: this operation's epoch is over`,
  );
}

async function unlessSilent(question: Promise<Marker | undefined>): Promise<Marker | undefined> {
  try {
    return await question;
  } catch (error) {
    if (error instanceof OutsideError) return undefined;
    throw error;
  }
}
