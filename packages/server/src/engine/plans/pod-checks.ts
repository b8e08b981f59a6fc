import type { CheckResult } from "@protector/contract";
import type { ArrayPod, PodHalf } from "@protector/storage";
import { finding } from "./findings.ts";

/** A pod as one of a group's two arrays tells of it. */
export interface PodAtArray {
  readonly siteName: string;
  readonly arrayId: string;
  readonly arrayName: string;
  /** Undefined: the array has none of that name. */
  readonly pod: ArrayPod | undefined;
}

/** The pod that a group's volumes are in, as both of its arrays tell of it; undefined = that array does not answer. */
export interface ObservedPod {
  readonly name: string;
  readonly source: PodAtArray | undefined;
  readonly target: PodAtArray | undefined;
}

/**
 * Why the pod cannot be relied on: what is wrong at each of its arrays that answers, by its own word.
 * An error: nothing is recovered from that array now. A warning: the next failure finds one array only.
 */
export function checkPod(observed: ObservedPod | undefined): readonly CheckResult[] {
  if (!observed) return [];
  const seen = [observed.source, observed.target].filter((each) => each !== undefined);
  return [
    ...splitBrain(observed),
    ...seen.flatMap((each) => checkAtArray(observed, each)),
    ...seen.flatMap((each) => checkMediator(observed.name, each)),
  ];
}

/** The same for a recovery at the target: what is wrong at the source alone is no reason not to leave it. */
export function checkPodToLeave(observed: ObservedPod | undefined): readonly CheckResult[] {
  if (!observed) return [];
  const { source } = observed;
  return checkPod(observed).map((check) => {
    const isOfSource = check.check === "pod.half_not_online" && check.subject === source?.siteName;
    return isOfSource ? { ...check, result: "warning" as const } : check;
  });
}

/** What forbids to recover at the target from what the pod holds there now; the source may be lost. */
export function checkSurvivor(observed: ObservedPod): readonly CheckResult[] {
  const { name, target } = observed;
  if (!target) return [];
  return [...splitBrain(observed), ...(target.pod ? checkHalf(name, target) : checkAtArray(observed, target))];
}

/** The pod's half at the array that tells of it. */
export function ownHalf({ pod, arrayId }: PodAtArray): PodHalf | undefined {
  return pod?.halves.find((half) => half.arrayId === arrayId);
}

/** Both arrays answer, and each says that it is online and the other one is not. */
function splitBrain({ name, source, target }: ObservedPod): CheckResult[] {
  if (!source || !target || !claimsAlone(source) || !claimsAlone(target)) return [];
  const reason = `${source.arrayName} and ${target.arrayName} each say that pod ${name} is online there and not at the other one: both may have been written to.`;
  return [finding("pod.split_brain", name, reason)];
}

function claimsAlone(at: PodAtArray): boolean {
  const others = at.pod?.halves.filter(({ arrayId }) => arrayId !== at.arrayId) ?? [];
  return ownHalf(at)?.status === "online" && others.length > 0 && others.every(({ status }) => status !== "online");
}

function checkAtArray({ name, source, target }: ObservedPod, at: PodAtArray): CheckResult[] {
  const { pod, siteName, arrayName } = at;
  if (!pod) return [finding("pod.not_found", siteName, `Array ${arrayName} at ${siteName} has no pod ${name}.`)];
  const ids = new Set(pod.halves.map(({ arrayId }) => arrayId));
  const wanted = [source, target].filter((each) => each !== undefined);
  if (pod.halves.length !== 2 || wanted.some(({ arrayId }) => !ids.has(arrayId))) {
    const over = pod.halves.map(({ array }) => array).join(", ") || "no array";
    const reason = `Pod ${name} at ${siteName} is on ${over}; it has to be stretched over exactly ${wanted.map(({ arrayName }) => arrayName).join(" and ")}.`;
    return [finding("pod.not_stretched", siteName, reason)];
  }
  return checkHalf(name, at);
}

function checkHalf(name: string, at: PodAtArray): CheckResult[] {
  const own = ownHalf(at);
  if (own?.status === "online") return [];
  const { arrayName, siteName } = at;
  const reason = `Pod ${name} is ${stateOf(own)} at array ${arrayName}: what it holds there may be old.`;
  return [finding("pod.half_not_online", siteName, reason)];
}

function stateOf(half: PodHalf | undefined): string {
  if (!half) return "unknown";
  if (half.status !== "resyncing" || half.progress === undefined) return half.status;
  return `resyncing (${Math.floor(half.progress * 100)} %)`;
}

function checkMediator(name: string, at: PodAtArray): CheckResult[] {
  const mediator = ownHalf(at)?.mediator;
  if (mediator === undefined || mediator === "online") return [];
  const reason = `Array ${at.arrayName} does not have its mediator for pod ${name} (${mediator}): when it loses the other array, it may stop serving its volumes.`;
  const remedy = `See that array ${at.arrayName} reaches the mediator of pod ${name}.`;
  return [{ check: "pod.mediator", result: "warning", subject: at.siteName, reason, remedy }];
}
