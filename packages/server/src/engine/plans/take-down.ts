import type { PlannedStep } from "../runner/plan.ts";
import { step } from "./planned-step.ts";

/** What a group has on two arrays and in two Cinders, and how it is taken down. */
export interface TakeDownInput {
  readonly arrayGroup: string;
  /** Name of the Cinder group that mirrors it at the primary. */
  readonly cinderGroup: string;
  readonly epoch: number;
  readonly sourceName: string;
  readonly targetName: string;
  /** Whether the marker stands at the primary; one that is gone cannot be taken. */
  readonly hasMarker: boolean;
  /** Id of the Cinder group at the other site that goes, too; null: none. */
  readonly targetCinderGroupId: string | null;
  /** Array group that waits in a pod at the other site; null: there is none. */
  readonly targetPodGroup: string | null;
  /** Array group that a recovery there, taken back since, had made to replicate back; null: there is none. */
  readonly targetGroup: string | null;
  /** Array group of the other site whose points are on the primary's array; null: none are, or {@link targetGroup} is it. */
  readonly arrivedGroup: string | null;
  /** Array group that the other site, which cannot be asked, has had of its own; null: the group never ran there. */
  readonly lostGroup: string | null;
  /** The other site is lost for good: what is there becomes a duty. */
  readonly isPeerLost: boolean;
}

/** Of a step at a site that is lost: it is owed there. */
export const OWED = { onFailure: "duty", timeoutMs: 60_000 } as const;

/**
 * Deletes what the policy of a group stands for: the Cinder groups, the array group with its recovery points on both
 * arrays, the markers. The primary's marker goes last: as long as it stands, nobody else takes the group. Pure.
 */
export function planTakeDown(input: TakeDownInput): readonly PlannedStep[] {
  const {
    arrayGroup,
    cinderGroup,
    sourceName,
    targetName,
    hasMarker,
    targetPodGroup,
    targetGroup,
    isPeerLost,
    lostGroup,
    arrivedGroup,
  } = input;
  const waiting = targetPodGroup ?? lostGroup;
  const there = waiting === null ? [] : ["target_group"];
  const left = [...(targetGroup === null ? [] : [LEFT_REPLICATION]), ...(arrivedGroup === null ? [] : [ARRIVED])];
  const taken = hasMarker ? ["marker.take"] : [];
  const owed = isPeerLost ? { settings: OWED } : {};
  return [
    ...(hasMarker ? [takeMarker(input)] : []),
    step(
      "cinder_group.source",
      "ensure",
      "cinder_group.delete",
      `Delete the Cinder group at ${sourceName}`,
      "finish",
      "source",
      { input: { name: cinderGroup }, dependsOn: taken, settings: { onFailure: "member" } },
    ),
    ...targetCinderGroup(input, taken),
    step("array_group", "ensure", "array_group.destroy", `Destroy array group ${arrayGroup}`, "finish", "source", {
      input: { arrayGroup },
      after: ["cinder_group.source"],
      dependsOn: taken,
    }),
    step(
      "replica",
      "ensure",
      "array_group.forget",
      `Destroy its recovery points at ${targetName}`,
      "finish",
      "target",
      { input: { arrayGroup }, dependsOn: ["array_group"], ...owed },
    ),
    ...(waiting === null
      ? []
      : [
          step(
            "target_group",
            "ensure",
            "array_group.destroy",
            `Destroy array group ${waiting} at ${targetName}`,
            "finish",
            "target",
            {
              input: { arrayGroup: waiting },
              dependsOn: ["array_group"],
              ...owed,
            },
          ),
        ]),
    ...(targetGroup === null
      ? []
      : [
          step(
            LEFT_REPLICATION,
            "ensure",
            "left.replication",
            `Destroy array group ${targetGroup} at ${targetName} and its recovery points`,
            "finish",
            "target",
            { input: { arrayGroup: targetGroup }, dependsOn: taken },
          ),
        ]),
    ...(arrivedGroup === null
      ? []
      : [
          step(
            ARRIVED,
            "ensure",
            "left.forget",
            `Destroy recovery points that came from ${targetName} at ${sourceName}`,
            "finish",
            "source",
            { input: { arrayGroup: arrivedGroup }, dependsOn: taken },
          ),
        ]),
    step("marker.target", "ensure", "marker.destroy", `Destroy the marker at ${targetName}`, "finish", "target", {
      dependsOn: ["array_group"],
      ...owed,
    }),
    step("marker.source", "ensure", "marker.destroy", `Destroy the marker at ${sourceName}`, "finish", "source", {
      ...(isPeerLost
        ? { dependsOn: ["array_group", ...left], after: ["replica", ...there, "marker.target"] }
        : { dependsOn: ["replica", ...there, ...left, "marker.target"] }),
    }),
  ];
}

const LEFT_REPLICATION = "left.replication";
const ARRIVED = "left.arrived";

function takeMarker({ epoch, sourceName }: TakeDownInput): PlannedStep {
  return step("marker.take", "fire", "marker.take", `Take the group on the array at ${sourceName}`, "check", "source", {
    input: { epoch },
    settings: { isUndoable: true },
  });
}

function targetCinderGroup(
  { targetCinderGroupId: groupId, targetName }: TakeDownInput,
  dependsOn: readonly string[],
): readonly PlannedStep[] {
  if (groupId === null) return [];
  return [
    step(
      "cinder_group.target",
      "ensure",
      "away.cinder_group",
      `Delete the Cinder group at ${targetName}`,
      "finish",
      "target",
      { input: { groupId }, dependsOn, settings: { onFailure: "member" } },
    ),
  ];
}
