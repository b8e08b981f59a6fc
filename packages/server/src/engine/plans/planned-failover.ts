import type { OperationPlan, PlannedStep } from "../runner/plan.ts";
import { clearedKeys, clearingSteps } from "./clear-left-behind.ts";
import { checkFailover, isAllowedAgain, notHeld } from "./failover-checks.ts";
import type { FailoverInput, FailoverMember } from "./failover-input.ts";
import {
  checkPhase,
  finalSyncPhase,
  giveMarkersBack,
  groupInCinder,
  preparePhase,
  quiescePhase,
  recoverPhase,
  switchPhase,
  volumeStepsOf,
} from "./failover-phases.ts";
import { memberRecovery } from "./member-recovery.ts";
import { barrier, step } from "./planned-step.ts";
import { allowSteps, dropAhead } from "./replication-type.ts";
import { roomNeeds } from "./room-needs.ts";

/**
 * The plan of a planned failover (phases of the design, section 9). Pure: the same input gives the same plan.
 */
export function planPlannedFailover(input: FailoverInput): OperationPlan {
  const { blockers, warnings } = checkFailover(input);
  const recoveryOf = (member: FailoverMember) => memberRecovery(input, member);
  const needs = roomNeeds({ ...input, flavors: input.target.flavors });
  const allow = isAllowedAgain(input) ? allowSteps(input, { phase: "check", after: "marker.take" }) : [];
  const steps = [
    ...checkPhase(input, [...allow.map(({ key }) => key), ...clearedKeys(input, needs)]),
    ...allow,
    ...clearingSteps(input, needs, ["marker.take"]),
    ...preparePhase(
      input,
      input.members.flatMap((member) => recoveryOf(member).prepare),
    ),
    ...quiescePhase(input),
    ...finalSyncPhase(input),
    // The ports were made before: they count as used by now.
    ...switchPhase(input, { ...needs, ports: 0 }),
    ...recoverPhase(input, recoveryOf),
    ...finishPhase(input),
  ];
  return {
    steps,
    blockers,
    warnings: [...warnings, notHeld(input.target.siteName)],
    expectedDataLossSeconds: 0,
    recoveryPoint: null,
  };
}

function finishPhase(input: FailoverInput): PlannedStep[] {
  const { source } = input;
  const dropped = dropAhead(input);
  const verified = input.members.map((member) => `verify.${member.id}`);
  return [
    barrier("verified", "All servers seen as planned", "verify", "target", { after: verified }),
    ...input.members.map((member) =>
      step(
        `park.${member.id}`,
        "fire",
        "server.park",
        `Shelve ${member.name} at ${source.siteName}`,
        "finish",
        "source",
        {
          memberId: member.id,
          input: { serverId: member.serverId, name: member.name },
          dependsOn: [`verify.${member.id}`],
          after: ["verified"],
          settings: { onFailure: "duty", weight: 4 },
        },
      ),
    ),
    ...dropped,
    groupInCinder(input, volumeStepsOf(input.members)),
    ...giveMarkersBack(input, [
      "verified",
      ...dropped.map(({ key }) => key),
      "cinder_group",
      ...input.members.map(({ id }) => `park.${id}`),
    ]),
  ];
}
