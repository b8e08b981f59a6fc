import type { ArrayConnection, ReplicationSettings } from "@protector/storage";
import type { OperationPlan, PlannedStep } from "../runner/plan.ts";
import type { ClaimEpochInput } from "../steps/markers.ts";
import { finding } from "./findings.ts";
import { barrier, step } from "./planned-step.ts";
import { checkPod, type ObservedPod } from "./pod-checks.ts";
import { primaryInCinder } from "./primary-in-cinder.ts";
import { allowSteps } from "./replication-type.ts";
import type { RecapturedInput, ReprotectedMember } from "./reprotect.ts";

/** Everything that the first full copy to a new second site is planned from. */
export interface ReplacePeerInput {
  readonly operationId: string;
  readonly group: { readonly id: string; readonly name: string; readonly arrayGroup: string };
  /** Of the pair of the two sites. */
  readonly epoch: number;
  readonly members: readonly ReprotectedMember[];
  readonly replication: ReplicationSettings;
  readonly source: { readonly siteName: string; readonly connection: ArrayConnection | undefined };
  readonly target: { readonly siteName: string };
  /** The pod that the volumes are in: the new site's array has to have it as well. */
  readonly pod: ObservedPod | undefined;
  /** Volumes that the array group has now. */
  readonly before: readonly string[];
}

const TRANSFER_TIMEOUT_MS = 24 * 3_600_000;

/** Markers, array group and the first full copy for a new second site. Pure. */
export function planReplacePeer(input: ReplacePeerInput): OperationPlan {
  const { group, source, target, members, pod } = input;
  const isCut = !source.connection || source.connection.status === "disconnected";
  const cut = `The array at ${source.siteName} is not connected to that at ${target.siteName}.`;
  const captured = members.filter(({ description }) => description);
  return {
    steps: [...claimPhase(input), ...replicatePhase(input), ...finishPhase(input)],
    blockers: [
      ...(isCut ? [finding("storage.not_connected", source.siteName, cut)] : []),
      ...checkPod(pod).filter(({ result }) => result === "error"),
      ...(members.length > 0 && captured.length === 0
        ? [finding("protection_group.wrong_status", group.name, `None of its servers is at ${source.siteName}.`)]
        : []),
    ],
    warnings: [],
    expectedDataLossSeconds: null,
    recoveryPoint: null,
  };
}

function claimPhase({ epoch, members, source }: ReplacePeerInput): PlannedStep[] {
  const input: ClaimEpochInput = { epoch };
  return [
    step("storage", "observe", "storage.describe", "Ask both arrays who they are", "check", "source"),
    // The new array has no marker yet, so that nothing can be fired before: the claim itself is safe to repeat.
    step(
      "epoch.source",
      "ensure",
      "marker.claim",
      `Take the group on the array at ${source.siteName}`,
      "check",
      "source",
      {
        input,
        dependsOn: ["storage"],
        settings: { isPointOfNoReturn: true },
      },
    ),
    ...members.flatMap(({ id, name, description }) =>
      description
        ? [
            barrier(`captured.${id}`, `Capture ${name} as it is now`, "check", "source", {
              memberId: id,
              input: { description } satisfies RecapturedInput,
              dependsOn: ["epoch.source"],
            }),
          ]
        : [],
    ),
  ];
}

function replicatePhase({ before, epoch, group, members, operationId, replication, source, target }: ReplacePeerInput) {
  const { arrayGroup } = group;
  const volumes = members.flatMap(({ description }) => description?.volumes.map((each) => each.array_volume) ?? []);
  const suffix = `protector-${operationId.replaceAll("-", "").slice(0, 12)}-r`;
  const allow = allowSteps({ group, target }, { phase: "replicate", after: "targets" });
  const at = (title: string) => `${title} ${source.siteName}`;
  return [
    step(
      "array_group",
      "ensure",
      "array_group.ensure",
      at(`Make array group ${arrayGroup} at`),
      "replicate",
      "source",
      {
        input: { arrayGroup, settings: replication },
        dependsOn: ["epoch.source"],
      },
    ),
    step(
      "targets",
      "ensure",
      "array_group.only_target",
      `Send it to the array at ${target.siteName} and to no other`,
      "replicate",
      "source",
      { input: { arrayGroup }, dependsOn: ["array_group"] },
    ),
    step(
      "members",
      "ensure",
      "array_group.set_members",
      "Put the volumes of all servers into it",
      "replicate",
      "source",
      {
        input: { arrayGroup, before, volumes },
        dependsOn: ["targets"],
      },
    ),
    ...allow,
    step("marker.target", "ensure", "marker.settle", `Make the marker at ${target.siteName}`, "replicate", "target", {
      input: { epoch },
      dependsOn: ["epoch.source"],
    }),
    step("cut", "ensure", "replication.cut", at("Replicate now from"), "replicate", "source", {
      input: { arrayGroup, suffix },
      dependsOn: ["members", ...allow.map(({ key }) => key), "marker.target"],
    }),
    step("wait", "observe", "replication.wait", `Transfer everything to ${target.siteName}`, "replicate", "target", {
      input: { arrayGroup, cutStep: "cut" },
      dependsOn: ["cut"],
      settings: { timeoutMs: TRANSFER_TIMEOUT_MS, weight: 40 },
    }),
  ];
}

function finishPhase(input: ReplacePeerInput): PlannedStep[] {
  return [
    primaryInCinder(input),
    step("marker.release", "ensure", "marker.release_here", "Give the group back", "finish", "source", {
      dependsOn: ["epoch.source"],
      after: ["wait", "cinder_group"],
    }),
  ];
}
