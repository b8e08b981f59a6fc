import { ProtectorError } from "@protector/contract";
import { OutsideError } from "@protector/ports";
import { type Marker, markerName } from "@protector/storage";
import { isHeldBy } from "../steps/markers.ts";
import type { SiteAccess } from "../world/site-access.ts";
import { Silence, within } from "../world/within.ts";
import type { JournaledStep } from "./operation-store.ts";
import type { RunEnvironment } from "./step-context.ts";
import { Superseded } from "./step-handler.ts";

/** How much the guard insists on. */
export type GuardMode =
  /** At a take-over: whoever does not answer is asked again later. */
  | { readonly mustAnswer: false }
  /** Before a fire step: a planned operation needs both markers; one without its source, or at home, only its own site's. */
  | { readonly mustAnswer: true; readonly isAlone: boolean };

const TAKES_MARKER = new Set(["marker.take", "marker.claim"]);

/**
 * Sees that the operation still holds the group: nobody else's name and no foreign epoch stands on the markers.
 * @throws Superseded when the operation's epoch is over; ProtectorError `marker.missing`; OutsideError when an array that
 * must answer does not.
 */
export async function guardMarkers(
  environment: RunEnvironment,
  steps: readonly JournaledStep[],
  mode: GuardMode,
): Promise<void> {
  const { groupId, id } = environment.operation;
  const isTaken = markerStepsOf(steps).some((step) => TAKES_MARKER.has(step.action) && step.status === "completed");
  const sides = [environment.source, environment.target];
  const markers = await Promise.all(sides.map((side) => readMarker(environment, side, mode)));
  for (const [index, side] of sides.entries()) {
    const marker = markers[index];
    if (marker === "silent") continue;
    if (marker === undefined) {
      if (!mode.mustAnswer) continue;
      throw new ProtectorError(
        "marker.missing",
        `The marker of group ${groupId} is missing on the array at ${side.siteName}.`,
      );
    }
    // Taken over without asking this array: it is behind until it is told.
    if (marker.epoch < claimedEpoch(steps)) continue;
    if (isTaken)
      requireOurs({ marker, operationId: id, epochs: epochsOf(environment, steps), siteName: side.siteName });
  }
}

/** Epoch that the operation has claimed over any holder; 0 when none. */
function claimedEpoch(steps: readonly JournaledStep[]): number {
  const claims = markerStepsOf(steps).filter((step) => step.action === "marker.claim" && step.status === "completed");
  return Math.max(0, ...claims.map((step) => (step.input as { epoch: number }).epoch));
}

async function readMarker(
  environment: RunEnvironment,
  side: SiteAccess,
  mode: GuardMode,
): Promise<Marker | undefined | "silent"> {
  const isNeeded = mode.mustAnswer && (side.isOwn || !(mode.isAlone || environment.source.isOwn));
  try {
    return await (isNeeded ? side.reads.marker() : askSoon(environment, side));
  } catch (error) {
    if (isNeeded || !(error instanceof OutsideError)) throw error;
    return "silent";
  }
}

/** ms that an array is given which need not answer: before every server, a dead one must not cost a call's time limit. */
const SILENT_AFTER_MS = 5_000;
/** ms for which an array that did not answer is not waited for again. */
const SILENT_FOR_MS = 30_000;

/** Until when arrays count as silent, in ms since the UNIX epoch. */
const silentUntil = new WeakMap<SiteAccess, number>();

async function askSoon({ clock }: RunEnvironment, side: SiteAccess): Promise<Marker | undefined | "silent"> {
  if (clock.now() < (silentUntil.get(side) ?? 0)) return "silent";
  try {
    const patience = { ms: SILENT_AFTER_MS, who: `The array at ${side.siteName}` };
    return await within({ clock }, patience, () => side.reads.marker());
  } catch (error) {
    if (!(error instanceof Silence)) throw error;
    silentUntil.set(side, clock.now() + SILENT_FOR_MS);
    return "silent";
  }
}

/** Steps that deal with markers, by plan: looked for once, not before each of a thousand fire steps. */
const markerSteps = new WeakMap<readonly JournaledStep[], readonly JournaledStep[]>();

function markerStepsOf(steps: readonly JournaledStep[]): readonly JournaledStep[] {
  let found = markerSteps.get(steps);
  if (!found) {
    found = steps.filter((step) => step.action.startsWith("marker."));
    markerSteps.set(steps, found);
  }
  return found;
}

/** Statuses of a step whose effect is taken back: only then does a marker stand where undoing leads. */
const TAKEN_BACK: readonly string[] = ["undoing", "undone", "undo_failed"];

/**
 * Epochs at which a marker may stand while this operation works. The one that undoing leads to is also the one in which the
 * other site would take the group back.
 */
function epochsOf(environment: RunEnvironment, steps: readonly JournaledStep[]): ReadonlySet<number> {
  const epochs = new Set<number>();
  if (environment.operation.epoch !== null) epochs.add(environment.operation.epoch);
  for (const step of markerStepsOf(steps)) {
    const input = step.input as { epoch?: number; to?: number; back?: number };
    const back = TAKEN_BACK.includes(step.status) ? input.back : undefined;
    for (const epoch of [input.epoch, input.to, back]) if (epoch !== undefined) epochs.add(epoch);
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
  if (marker.epoch < Math.min(...epochs)) return;
  throw new Superseded(
    `the marker on the array at ${siteName} is ${markerName(marker)}: this operation's epoch is over`,
  );
}
