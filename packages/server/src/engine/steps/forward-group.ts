import type { StepContext, StepHandler } from "../runner/step-handler.ts";
import { allowReplication, ensureArrayGroup, forgetReplica } from "./array-groups.ts";
import { endAwayReplication } from "./empty-away.ts";
import { awaitPoint, cutPoint, tidyPoints } from "./replication.ts";
import type { RecoveredVolume } from "./volumes.ts";

/** Input of {@link forwardMembers}. */
export interface ForwardMembersInput {
  readonly arrayGroup: string;
  /** Steps whose outputs name the volumes that are home. */
  readonly volumeSteps: readonly string[];
  /** Array names of volumes that stay members, whatever came home. */
  readonly others: readonly string[];
}

/** Makes the array group at home hold exactly what has come home. */
export const forwardMembers: StepHandler<ForwardMembersInput> = {
  run: async (context, { arrayGroup, volumeSteps, others }) => {
    const home = volumeSteps.flatMap((key) => context.outputIfAny<RecoveredVolume>(key)?.arrayVolume ?? []);
    await context.here.array.setMembers(arrayGroup, [...new Set([...others, ...home])]);
  },
};

/** Replication from the site that servers came home to: that site is the operation's target, and here the one that sends. */
export const forwardGroup = forward(ensureArrayGroup);
export const forwardAllow = forward(allowReplication);
export const forwardCut = forward(cutPoint);
export const forwardWait = forward(awaitPoint);
export const forwardTidy = forward(tidyPoints);

/** Ends replication from the site that a group has left, when the operation runs the other way: that site is its target. */
export const endLeftReplication = forward(endAwayReplication);

/** Destroys the points that have arrived here from the other site, when nobody can ask that any more. */
export const forgetArrived = forward(forgetReplica);

function forward<Input, Output>(handler: StepHandler<Input, Output>): StepHandler<Input, Output> {
  return { run: (context, input) => handler.run(turnedRound(context), input) };
}

function turnedRound(context: StepContext): StepContext {
  return { ...context, source: context.target, target: context.source };
}
