import type { CheckResult } from "@protector/contract";
import type { PlannedStep } from "../runner/plan.ts";
import type { ConfirmPointInput } from "../steps/confirm-point.ts";
import type { CutSurvivorInput } from "../steps/pod-survivor.ts";
import { finding } from "./findings.ts";
import { step } from "./planned-step.ts";
import { checkSurvivor } from "./pod-checks.ts";
import type { TestInput } from "./test-input.ts";

/**
 * What a test starts from: a kept point, or, of a group in a pod when nobody asks for one, a point of its own of what the
 * array at the target holds now, as a recovery there would find it. That one goes with the test.
 */
export type TestPoint = Pick<
  TestInput,
  "group" | "members" | "target" | "operationId" | "point" | "pointProblem" | "isPointAsked" | "half" | "now"
>;

/** Whether the test cuts its point. */
export function isCutByTest({ half, isPointAsked }: TestPoint): boolean {
  return half !== undefined && !isPointAsked;
}

/**
 * Why there is nothing to test. Of a pod by the word of the target's array alone, since a test asks no other site: a half that
 * is not online serves nothing, older points neither.
 */
export function testPointBlockers(input: TestPoint): readonly CheckResult[] {
  const { group, half, point, pointProblem } = input;
  const problems = half ? checkSurvivor({ name: half.name, source: undefined, target: half }) : [];
  if (point || isCutByTest(input)) return problems;
  return [...problems, finding("recovery_point.none", group.name, pointProblem ?? "No recovery point is complete.")];
}

/** What people should know of the point of a group in a pod. */
export function testPointWarnings(input: TestPoint): readonly CheckResult[] {
  if (!isCutByTest(input)) return [];
  const { group, half } = input;
  const reason = `A recovery point of all that pod ${half?.name} holds now is cut for the test, and deleted by its clean-up. For an older state name one: --point`;
  return [{ check: "test.own_point", result: "warning", subject: group.name, reason, remedy: null }];
}

/** s of writes that the test does not show; null = nothing to test. */
export function writesNotShown(input: TestPoint): number | null {
  if (isCutByTest(input)) return 0;
  const { point, now } = input;
  return point ? Math.max(0, Math.round((now - point.createdAt) / 1000)) : null;
}

/** Name of the kept point; null = none, or one that the test cuts. */
export function testPointName(input: TestPoint): string | null {
  return isCutByTest(input) ? null : (input.point?.suffix ?? null);
}

/** Cuts the point, or sees that the kept one is there. Has the key `point`. */
export function testPointStep(input: TestPoint): PlannedStep {
  const { group, members, operationId, point, target } = input;
  const { arrayGroup } = group;
  const arrayVolumes = members.flatMap(({ description }) => description.volumes.map((volume) => volume.array_volume));
  if (isCutByTest(input)) {
    const suffix = `protector-${operationId.replaceAll("-", "").slice(0, 12)}-t-0`;
    const cut: CutSurvivorInput = { arrayGroup, arrayVolumes, suffix };
    const title = `Cut a recovery point of all writes at ${target.siteName}, for this test`;
    return step("point", "ensure", "pod.cut_for_test", title, "check", "target", {
      input: cut,
      settings: { isUndoable: true },
    });
  }
  const confirm: ConfirmPointInput = { arrayGroup, suffix: point?.suffix ?? "", arrayVolumes };
  const title = `See that the recovery point is complete at ${target.siteName}`;
  return step("point", "observe", "point.confirm", title, "check", "target", { input: confirm });
}
