import type { CheckResult } from "@protector/contract";
import type { OperationPlan, PlannedStep } from "../runner/plan.ts";
import type { ForwardMembersInput } from "../steps/forward-group.ts";
import { emptyPhase } from "./empty-away.ts";
import { checkFailback } from "./failback-checks.ts";
import { type ComingHome, comingHome, type FailbackInput } from "./failback-input.ts";
import { notHeld } from "./failover-checks.ts";
import type { FailoverMember } from "./failover-input.ts";
import {
  checkPhase,
  finalSyncPhase,
  giveMarkersBack,
  preparePhase,
  quiescePhase,
  recoverPhase,
  switchPhase,
} from "./failover-phases.ts";
import { homeNeeds } from "./home-room.ts";
import { memberReturn } from "./member-return.ts";
import { barrier, step } from "./planned-step.ts";
import { stayedSteps } from "./stayed-members.ts";

/** The first copy of a whole group takes as long as it takes; after this long the operation waits for a person. */
const TRANSFER_TIMEOUT_MS = 24 * 3_600_000;

/**
 * The plan that brings a group home (phases of the design, section 9): a planned failover onto what waits there, replication
 * forward again, and the other site emptied after its first complete point. Pure.
 */
export function planFailback(input: FailbackInput): OperationPlan {
  const coming = comingHome(input);
  const { blockers, warnings } = checkFailback(input, coming);
  const returns = new Map(coming.map((each) => [each.member.id, memberReturn(input, each)]));
  const returnOf = ({ id }: FailoverMember) => returns.get(id) ?? { prepare: [], recover: () => [] };
  const room = { ...homeNeeds(input, coming), ports: 0 };
  const emptied = emptyPhase(input, coming);
  const prepared = input.members.flatMap((member) => returnOf(member).prepare);
  return {
    steps: [
      ...checkPhase(input),
      ...preparePhase(input, prepared),
      ...quiescePhase(input),
      ...finalSyncPhase(input),
      ...switchPhase(input, room),
      ...recoverPhase(input, returnOf),
      ...stayedSteps(input),
      ...forwardPhase(input, coming),
      ...emptied,
      ...finishPhase(input, emptied),
    ],
    blockers,
    warnings: [...warnings, ...keptAtHome(input), notHeld(input.target.siteName)],
    expectedDataLossSeconds: 0,
    recoveryPoint: null,
  };
}

/** The snapshots that a failback takes before it overwrites hold it; else they go with what was left away. */
function keptAtHome({ group, hasRunAtHome, target }: FailbackInput): readonly CheckResult[] {
  if (!hasRunAtHome) return [];
  const reason = `Servers have run at ${target.siteName} in an earlier recovery, taken back since: what they wrote is kept in a snapshot of each volume there, until you delete it: protector kept-snapshot list ${group.name}`;
  return [{ check: "failback.kept", result: "warning", subject: group.name, reason, remedy: null }];
}

function forwardPhase(input: FailbackInput, coming: readonly ComingHome[]): PlannedStep[] {
  const { group, members, operationId, replication, source, stayed, target } = input;
  const { arrayGroup } = group;
  const volumeSteps = coming.flatMap(({ member, volumes }) =>
    volumes.map((_, index) => `volume.${member.id}.${index}`),
  );
  const own: ForwardMembersInput = {
    arrayGroup,
    volumeSteps,
    others: stayed.flatMap(({ description }) => description.volumes.map((volume) => volume.array_volume)),
  };
  return [
    barrier("verified", "All servers seen as planned", "verify", "target", {
      after: [...members.map(({ id }) => `capture.${id}`), ...stayed.map(({ id }) => `back.${id}`)],
    }),
    step(
      "forward.group",
      "ensure",
      "forward.group",
      `Turn on the replication schedule at ${target.siteName}`,
      "forward",
      "target",
      {
        input: { arrayGroup, settings: replication },
        dependsOn: ["epoch.target"],
        after: ["verified"],
      },
    ),
    step(
      "forward.members",
      "ensure",
      "forward.members",
      "Put the volumes of all servers into the array group",
      "forward",
      "target",
      {
        input: own,
        dependsOn: ["forward.group"],
      },
    ),
    step(
      "forward.allow",
      "ensure",
      "forward.allow",
      `Allow it to replicate to ${source.siteName}`,
      "forward",
      "source",
      {
        input: { arrayGroup },
        dependsOn: ["forward.members"],
      },
    ),
    step("forward.cut", "ensure", "forward.cut", `Replicate now from ${target.siteName}`, "forward", "target", {
      input: { arrayGroup, suffix: `protector-${operationId.replaceAll("-", "").slice(0, 12)}-h` },
      dependsOn: ["forward.allow"],
    }),
    step("forward.wait", "observe", "forward.wait", `Transfer everything to ${source.siteName}`, "forward", "source", {
      input: { arrayGroup, cutStep: "forward.cut" },
      dependsOn: ["forward.cut"],
      settings: { timeoutMs: TRANSFER_TIMEOUT_MS, weight: 40 },
    }),
  ];
}

/** The group is held until the other site is empty: nothing may be started there from what is being deleted. */
function finishPhase(input: FailbackInput, emptied: readonly PlannedStep[]): PlannedStep[] {
  return giveMarkersBack(input, ["forward.wait", ...emptied.map(({ key }) => key)]);
}
