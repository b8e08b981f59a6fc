import { podOf, type ReplicationSettings } from "@protector/storage";
import type { PlannedStep } from "../runner/plan.ts";
import { step } from "./planned-step.ts";

/**
 * What the two types of replication do otherwise in plans; everything else goes by the array group's name, which says in
 * which pod it is and so where its points are (`pointsOf`).
 *
 * | | sent to the other array | in a pod that both arrays have |
 * |---|---|---|
 * | array group | has the other array as target, which allows it | is the same group on both arrays |
 * | recovery point | has to arrive at the target | is there when it is cut |
 * | last writes of a planned failover | a point ahead while the servers run, a second one that is waited for | one point, cut at the target's array |
 * | data of an unplanned failover | newest complete point | a point cut at the surviving array after the fence |
 * | the end of replication | the target disallows the group | its schedule is turned off |
 */
export function isInPod({ arrayGroup }: GroupName): boolean {
  return podOf(arrayGroup) !== undefined;
}

interface GroupName {
  readonly arrayGroup: string;
}

const MINUTE = 60_000;
/** A transfer takes as long as it takes; after this long the operation waits for a person to look at the link. */
export const TRANSFER_TIMEOUT_MS = 240 * MINUTE;

/** The two sites of a plan, and the array group of the one that is left. */
export interface Replication {
  readonly group: GroupName;
  readonly source: { readonly siteName: string };
  readonly target: { readonly siteName: string };
}

/** A point cut while the servers run shortens the transfer that they have to wait for later. */
export function aheadSteps({ group, source, target }: Replication, suffix: string): PlannedStep[] {
  if (isInPod(group)) return [];
  const { arrayGroup } = group;
  return [
    step("ahead.cut", "ensure", "replication.cut", `Replicate now from ${source.siteName}`, "prepare", "source", {
      dependsOn: ["checked"],
      input: { arrayGroup, suffix },
      settings: { isUndoable: true },
    }),
    step(
      "ahead.wait",
      "observe",
      "replication.wait",
      `Transfer to ${target.siteName} while the servers run`,
      "prepare",
      "target",
      {
        input: { arrayGroup, cutStep: "ahead.cut" },
        dependsOn: ["ahead.cut"],
        settings: { timeoutMs: TRANSFER_TIMEOUT_MS, weight: 20 },
      },
    ),
  ];
}

/** The point that was cut ahead is in the final one. */
export function dropAhead({ group }: Pick<Replication, "group">): PlannedStep[] {
  if (isInPod(group)) return [];
  const title = "Delete the first of the two recovery points";
  return [
    step("ahead.drop", "ensure", "replication.drop", title, "finish", "source", {
      input: { arrayGroup: group.arrayGroup, cutStep: "ahead.cut" },
      after: ["verified"],
      settings: { onFailure: "duty" },
    }),
  ];
}

/** Steps that cut the last writes again when one came after the cut. */
export const FINAL_CUT_KEYS = ["final.cut", "final.wait"] as const;

/** Cuts the group when every server is at rest, and sees the point at the target. */
export function finalCutSteps({ group, source, target }: Replication, of: { suffix: string; after: string }) {
  const { arrayGroup } = group;
  const isHere = isInPod(group);
  const cut = isHere
    ? `Cut a recovery point of the last writes at ${target.siteName}`
    : `Replicate the last writes from ${source.siteName}`;
  const wait = isHere ? "See that it is complete" : `Transfer the last writes to ${target.siteName}`;
  return [
    step("final.cut", "ensure", "replication.cut", cut, "final_sync", isHere ? "target" : "source", {
      input: { arrayGroup, suffix: of.suffix },
      dependsOn: [of.after],
      settings: { isUndoable: true },
    }),
    step("final.wait", "observe", "replication.wait", wait, "final_sync", "target", {
      input: { arrayGroup, cutStep: "final.cut" },
      dependsOn: ["final.cut"],
      settings: isHere ? {} : { timeoutMs: TRANSFER_TIMEOUT_MS, weight: 20 },
    }),
  ];
}

/** Title of the cut of a point by wish. */
export function cutTitle({ group, source }: Pick<Replication, "group" | "source">): string {
  return isInPod(group) ? `Cut a recovery point at ${source.siteName}` : `Replicate now from ${source.siteName}`;
}

/** Title of the wait for a point that was cut by wish. */
export function arrivalTitle({ group, target }: Pick<Replication, "group" | "target">): string {
  return isInPod(group) ? `See that it is at ${target.siteName}` : `Transfer to ${target.siteName}`;
}

/** Lets a new array group reach the target's array. */
export function allowSteps(
  { group, target }: Pick<Replication, "group" | "target">,
  of: { phase: string; after: string },
) {
  if (isInPod(group)) return [];
  const title = `Allow it to replicate to ${target.siteName}`;
  return [
    step("allow", "ensure", "array_group.allow", title, of.phase, "target", {
      input: { arrayGroup: group.arrayGroup },
      dependsOn: [of.after],
      settings: { weight: 5 },
    }),
  ];
}

/** Nothing of the site that is left gets here any more: not before the group can no longer go back. */
export function endReplication({ group, source, target }: Replication, settings: ReplicationSettings): PlannedStep {
  const { arrayGroup } = group;
  const of = { dependsOn: ["epoch.target"], after: ["verified"], settings: { onFailure: "duty" as const } };
  return isInPod(group)
    ? step(
        "replica.end",
        "ensure",
        "replication.quiet",
        `Turn off the schedule of ${arrayGroup} at ${target.siteName}`,
        "finish",
        "target",
        { ...of, input: { arrayGroup, settings } },
      )
    : step(
        "replica.disallow",
        "ensure",
        "replica.disallow",
        `Let nothing replicate in from ${source.siteName}`,
        "finish",
        "target",
        { ...of, input: { arrayGroup } },
      );
}
