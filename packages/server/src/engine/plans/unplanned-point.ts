import type { CheckResult } from "@protector/contract";
import type { PlannedStep } from "../runner/plan.ts";
import type { ConfirmPointInput } from "../steps/confirm-point.ts";
import type { CutSurvivorInput, LookAtPodInput } from "../steps/pod-survivor.ts";
import { finding } from "./findings.ts";
import { step } from "./planned-step.ts";
import { checkPod, checkSurvivor } from "./pod-checks.ts";
import { isInPod } from "./replication-type.ts";
import type { UnplannedInput } from "./unplanned-failover.ts";

/**
 * What an unplanned failover recovers from: a point that was cut before, or, of a group in a pod, all that the surviving
 * array holds, cut after the fence.
 */
export type UnplannedPoint = Pick<
  UnplannedInput,
  "group" | "members" | "target" | "source" | "operationId" | "pod" | "point" | "pointProblem" | "isPointAsked" | "now"
>;

/** Whether the point is cut by the failover itself. */
export function isCutAfterFence({ group, isPointAsked }: UnplannedPoint): boolean {
  return isInPod(group) && !isPointAsked;
}

/** Why there is nothing to recover from. */
export function pointBlockers(input: UnplannedPoint): readonly CheckResult[] {
  if (isCutAfterFence(input)) return input.pod ? checkSurvivor(input.pod) : [];
  if (input.point) return [];
  return [finding("recovery_point.none", input.group.name, input.pointProblem ?? "No recovery point is complete.")];
}

/** What people should know of the pod before they recover from an older point. */
export function pointWarnings(input: UnplannedPoint): readonly CheckResult[] {
  const told = checkPod(input.pod).map((check) => ({ ...check, result: "warning" as const }));
  if (!isCutAfterFence(input)) return told;
  const { group, pod, target } = input;
  const reason = `Pod ${pod?.name} at ${target.siteName} has every write that was acknowledged: none of them is lost (RPO 0).`;
  const nothingLost = {
    check: "failover.rpo_zero",
    result: "warning",
    subject: group.name,
    reason,
    remedy: null,
  } as const;
  return [nothingLost, ...told.filter(({ check }) => check === "pod.mediator")];
}

/** Name of the point; null = none, or one that is cut by the failover. */
export function pointName(input: UnplannedPoint): string | null {
  return isCutAfterFence(input) ? null : (input.point?.suffix ?? null);
}

/** s of writes that would be lost; null = nothing to recover from. */
export function expectedLoss(input: UnplannedPoint): number | null {
  if (isCutAfterFence(input)) return 0;
  const { point, now } = input;
  return point ? Math.max(0, Math.round((now - point.createdAt) / 1000)) : null;
}

/** Steps by which the data is chosen; the last of them has the key `final.verify`. */
export interface PointSteps {
  /** Before the source is touched. */
  readonly check: readonly PlannedStep[];
  /** When nothing writes any more. */
  readonly afterFence: readonly PlannedStep[];
  /** Step from which the time of a recovery counts: when the servers were lost, nobody has seen. */
  readonly begin: string;
}

export function pointSteps(input: UnplannedPoint): PointSteps {
  const { group, members, target } = input;
  const { arrayGroup } = group;
  const arrayVolumes = members.flatMap(({ description }) => description.volumes.map((volume) => volume.array_volume));
  if (!isCutAfterFence(input)) {
    const confirm: ConfirmPointInput = { arrayGroup, suffix: input.point?.suffix ?? "", arrayVolumes };
    const title = `See that the recovery point is complete at ${target.siteName}`;
    return {
      check: [step("final.verify", "observe", "point.confirm", title, "check", "target", { input: confirm })],
      afterFence: [],
      begin: "final.verify",
    };
  }
  const look: LookAtPodInput = { arrayGroup };
  const cut: CutSurvivorInput = {
    arrayGroup,
    arrayVolumes,
    suffix: `protector-${input.operationId.replaceAll("-", "").slice(0, 12)}-f-0`,
  };
  const asked = `Ask both arrays whether ${target.siteName} has every write`;
  const title = `Cut a recovery point of all writes at ${target.siteName}`;
  return {
    check: [step("pod", "observe", "pod.look", asked, "check", "target", { input: look })],
    afterFence: [
      step("final.verify", "ensure", "pod.cut", title, "fence", "target", {
        input: cut,
        dependsOn: ["fence"],
        settings: { isUndoable: true },
      }),
    ],
    begin: "pod",
  };
}
