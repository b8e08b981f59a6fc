import { type ErrorCode, ProtectorError } from "@protector/contract";
import { podOf } from "@protector/storage";
import { checkSurvivor } from "../plans/pod-checks.ts";
import type { StepContext, StepHandler } from "../runner/step-handler.ts";
import { observePod, podAt } from "../world/observe-pod.ts";
import { unlessSilent, within } from "../world/within.ts";
import { type ConfirmedPoint, requireVolumes } from "./confirm-point.ts";
import { ANSWER_WITHIN_MS } from "./look-at-source.ts";
import { cutPointHere, destroyPoint } from "./replication.ts";

/** Input of {@link lookAtPod}. */
export interface LookAtPodInput {
  readonly arrayGroup: string;
}

/**
 * Asks both arrays, the lost one for a while only, whether the surviving one has every write that was acknowledged.
 * @throws ProtectorError `pod.not_found`, `pod.half_not_online`, `pod.split_brain`
 */
export const lookAtPod: StepHandler<LookAtPodInput, { readonly stoppedAt: number }> = {
  run: async (context, { arrayGroup }) => {
    const stoppedAt = context.clock.now();
    await requireSurvivor(context, arrayGroup);
    return { stoppedAt };
  },
};

/** Input of {@link cutSurvivor}. */
export interface CutSurvivorInput {
  readonly arrayGroup: string;
  readonly suffix: string;
  /** Array volumes that the point must hold. */
  readonly arrayVolumes: readonly string[];
}

/**
 * Cuts everything that the surviving array holds, after both were asked once more: fencing has taken its time, in which the
 * arrays may have lost each other.
 */
export const cutSurvivor: StepHandler<CutSurvivorInput, ConfirmedPoint> = {
  run: async (context, { arrayGroup, suffix, arrayVolumes }) => {
    await requireSurvivor(context, arrayGroup);
    const cut = await cutPointHere(context, arrayGroup, suffix);
    await requireVolumes(context, { arrayGroup, suffix, arrayVolumes });
    return { ...cut, stoppedAt: context.clock.now() };
  },
  undo: (context, { arrayGroup, suffix }) => destroyPoint(context, arrayGroup, suffix),
};

/** Cuts what the target's array holds now, for a test: only that array is asked, whose word it is that it has every write. */
export const cutForTest: StepHandler<CutSurvivorInput, ConfirmedPoint> = {
  run: async (context, { arrayGroup, suffix, arrayVolumes }) => {
    const name = podOf(arrayGroup) ?? "";
    const [problem] = checkSurvivor({ name, source: undefined, target: await podAt(context.target, name) });
    if (problem) throw new ProtectorError(problem.check as ErrorCode, problem.reason);
    const cut = await cutPointHere(context, arrayGroup, suffix);
    await requireVolumes(context, { arrayGroup, suffix, arrayVolumes });
    return { ...cut, stoppedAt: context.clock.now() };
  },
  undo: (context, { arrayGroup, suffix }) => destroyPoint(context, arrayGroup, suffix),
};

async function requireSurvivor(context: StepContext, arrayGroup: string): Promise<void> {
  const { source, target } = context;
  const patience = { ms: ANSWER_WITHIN_MS, who: `The array at ${source.siteName}` };
  const pod = await observePod(arrayGroup, { source, target }, (question) =>
    unlessSilent(within(context, patience, question)),
  );
  const [problem] = pod ? checkSurvivor(pod) : [];
  if (problem) throw new ProtectorError(problem.check as ErrorCode, problem.reason);
}
