import type { CheckResult } from "@protector/contract";
import type { PlannedStep } from "../runner/plan.ts";
import { checkHome } from "./failback-checks.ts";
import { type ComingHome, comingHome, remadeOnly } from "./failback-input.ts";
import { checkAddresses, checkMappings, checkNics, checkRoom } from "./failover-checks.ts";
import type { FailoverInput, FailoverMember } from "./failover-input.ts";
import { homeNeeds } from "./home-room.ts";
import { type MemberRecovery, memberRecovery } from "./member-recovery.ts";
import { memberReturn } from "./member-return.ts";
import { step } from "./planned-step.ts";
import { type RoomNeeds, roomNeeds } from "./room-needs.ts";
import type { UnplannedInput } from "./unplanned-failover.ts";

/**
 * What an unplanned failover does otherwise when it leads home: servers, ports and volumes that wait there are used again, as
 * a failback does, though nobody can say any more how the group was at the site that is lost.
 */
function comingOf(input: UnplannedInput): readonly ComingHome[] {
  return input.waiting ? comingHome({ ...input, ...input.waiting }) : [];
}

/** How one member is recovered: onto what waits for it, or anew. */
export function recoveryOf(input: UnplannedInput, member: FailoverMember): MemberRecovery {
  const coming = comingOf(input).find((each) => each.member.id === member.id);
  return coming ? memberReturn(input, coming) : memberRecovery(input, member);
}

/** What has to be made at the target: everything, or what is gone from home. */
function made(input: UnplannedInput): FailoverInput {
  return input.waiting ? remadeOnly(input, comingOf(input)) : input;
}

function needsOf(input: UnplannedInput): RoomNeeds {
  return input.waiting ? homeNeeds(input, comingOf(input)) : roomNeeds({ ...input, flavors: input.target.flavors });
}

/** What lacks at the target for what has to be made there, and what cannot be used as it waits. */
export function homewardBlockers(input: UnplannedInput): readonly CheckResult[] {
  const remade = made(input);
  const unusable = comingOf(input).flatMap((each) => checkHome(input, each));
  return [
    ...unusable.filter(({ result }) => result === "error"),
    ...checkMappings(remade),
    ...checkNics(remade),
    ...checkAddresses(remade),
  ];
}

/** Quota for what is made, hosts for every server that starts. */
export function shortages(input: UnplannedInput): readonly CheckResult[] {
  return checkRoom(input, needsOf(input));
}

/** Input of the second look at the room. Ports were made before: they count as used by then. */
export function roomOf(input: UnplannedInput): RoomNeeds {
  return { ...needsOf(input), ports: 0 };
}

/** What people should know of what waits at home. */
export function homewardWarnings(input: UnplannedInput): readonly CheckResult[] {
  if (!input.waiting) return [];
  const { group, source, target } = input;
  const replaced = comingOf(input).filter(({ home }) => home.replaced);
  if (replaced.length > 0) {
    const names = replaced.map(({ member }) => member.name).join(", ");
    const reason = `What waits at ${target.siteName} is in a pod and is not written over: ${names} come home as new servers, on new volumes outside of the pod, with the ports that wait. The old servers stay shelved, with their disks as they were; delete them when you do not need those any more.`;
    return [{ check: "homeward.replaced", result: "warning", subject: group.name, reason, remedy: null }];
  }
  const reason = `Of each volume that waits at ${target.siteName} a snapshot is kept before it is overwritten. What was plugged or changed at ${source.siteName} since the group went there is not brought along.`;
  const kept = { check: "failback.kept", result: "warning", subject: group.name, reason, remedy: null } as const;
  return [
    kept,
    ...comingOf(input)
      .flatMap((each) => checkHome(input, each))
      .filter(({ result }) => result === "warning"),
  ];
}

/** Back home beside the pod, the group cuts its points of other volumes: the array group that is left in the pod goes. */
export function leavePodGroup({ waiting, target }: UnplannedInput): PlannedStep[] {
  const arrayGroup = waiting?.podGroup;
  if (arrayGroup === undefined) return [];
  const title = `Destroy array group ${arrayGroup} at ${target.siteName}`;
  return [
    step("pod_group", "ensure", "array_group.destroy", title, "finish", "target", {
      input: { arrayGroup },
      dependsOn: ["epoch.target"],
      after: ["verified"],
      settings: { onFailure: "duty" },
    }),
  ];
}
