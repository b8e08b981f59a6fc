import type { CheckResult, ServerDescription } from "@protector/contract";
import type { Server } from "@protector/openstack";
import {
  type ArrayConnection,
  type ArrayGroup,
  type Marker,
  podOf,
  type ReplicationSettings,
} from "@protector/storage";
import type { OperationPlan, PlannedStep } from "../runner/plan.ts";
import type { KeepSnapshotInput } from "../steps/overwrite-volume.ts";
import { isStopped } from "../steps/servers.ts";
import { distinct, finding } from "./findings.ts";
import { emptyingSteps, type LeftMember } from "./left-behind.ts";
import { barrier, step } from "./planned-step.ts";
import { primaryInCinder } from "./primary-in-cinder.ts";
import { allowSteps, isInPod } from "./replication-type.ts";

/** Everything that a reprotection is planned from. `source` is where the servers run now. */
export interface ReprotectInput {
  readonly operationId: string;
  readonly group: { readonly id: string; readonly name: string; readonly arrayGroup: string };
  readonly epoch: number;
  readonly members: readonly ReprotectedMember[];
  readonly replication: ReplicationSettings;
  readonly source: {
    readonly siteName: string;
    readonly marker: Marker | undefined;
    /** The group that sends to the other site, when an earlier reprotection has made it. */
    readonly arrayGroup: ArrayGroup | undefined;
    readonly connection: ArrayConnection | undefined;
  };
  readonly target: {
    readonly siteName: string;
    /** Name of the array group there: of a group that has left a pod another one. */
    readonly arrayGroup: string;
    readonly marker: Marker | undefined;
    /** Servers that were left there. */
    readonly leftServers: readonly Server[];
  };
  /** Volumes at the target with writes that are nowhere else: a snapshot of each is kept. */
  readonly divergent: readonly DivergentVolume[];
  /** The group is at home: what it has left at the other site is no way home, and goes. Undefined while it is away. */
  readonly left: LeftAtOtherSite | undefined;
}

/** A volume whose last writes are nowhere else. */
export interface DivergentVolume {
  readonly memberId: string;
  readonly title: string;
  readonly arrayVolume: string;
}

/** What is deleted at the other site once the group is protected there again. */
export interface LeftAtOtherSite {
  readonly members: readonly Omit<LeftMember, "isSafe">[];
  readonly cinderGroupIds: readonly string[];
}

/** A member as it runs now. */
export interface ReprotectedMember {
  readonly id: string;
  readonly name: string;
  /** Its server was seen as planned when it came here. */
  readonly isWhole: boolean;
  /** Undefined when no server of it is at the source. */
  readonly description: ServerDescription | undefined;
  /** Why parts of it cannot be protected. */
  readonly refusals: readonly CheckResult[];
}

/** Input of the step that carries a captured description from the plan to the group's rows. */
export interface RecapturedInput {
  readonly description: ServerDescription;
}

/** The first copy of a whole group takes as long as it takes; after this long the operation waits for a person. */
const TRANSFER_TIMEOUT_MS = 24 * 3_600_000;

/** The plan that makes a group, which was failed over, replicate back. Pure. */
export function planReprotect(input: ReprotectInput): OperationPlan {
  return {
    steps: [
      ...checkPhase(input),
      ...keepPhase(input),
      ...replicatePhase(input),
      ...emptyPhase(input),
      ...finishPhase(input),
    ],
    blockers: distinct(blockersOf(input)),
    warnings: warningsOf(input),
    expectedDataLossSeconds: 0,
    recoveryPoint: null,
  };
}

function blockersOf({ epoch, group, members, source, target }: ReprotectInput): CheckResult[] {
  const found: CheckResult[] = [];
  for (const { siteName, marker } of [source, target]) {
    if (!marker) {
      found.push(finding("marker.missing", siteName, `The group's marker is missing on the array at ${siteName}.`));
    } else if (marker.epoch !== epoch) {
      const reason = `The marker at ${siteName} stands at epoch ${marker.epoch}, this site knows ${epoch}.`;
      found.push(finding("marker.other_primary", siteName, reason));
    }
  }
  for (const { name, status } of target.leftServers.filter((server) => !isStopped(server))) {
    const reason = `It is ${status} at ${target.siteName}, which the group has left: it is stopped there as soon as that site answers.`;
    found.push(finding("member.wrong_state", name, reason));
  }
  if (!isInPod(group) && (!source.connection || source.connection.status === "disconnected")) {
    const reason = `The array at ${source.siteName} is not connected to that at ${target.siteName}.`;
    found.push(finding("storage.not_connected", source.siteName, reason));
  }
  if (!members.some(({ description }) => description)) {
    const reason = `None of its servers is at ${source.siteName}: there is nothing to protect.`;
    found.push(finding("protection_group.wrong_status", group.name, reason));
  }
  return found;
}

function warningsOf(input: ReprotectInput): CheckResult[] {
  const { group, left, divergent, members, source, target } = input;
  const warn = (check: string, reason: string): CheckResult => ({
    check,
    result: "warning",
    subject: group.name,
    reason,
    remedy: null,
  });
  const isKept = left
    ? left.members.some(({ volumes }) => volumes.some((each) => each.keptName))
    : divergent.length > 0;
  const what = left ? "as volumes outside of Cinder" : "as one snapshot of each volume";
  return [
    ...(isKept
      ? [
          warn(
            "reprotect.kept",
            `What was written at ${target.siteName} alone is kept there ${what}, until you delete it: protector kept-snapshot list ${group.name}`,
          ),
        ]
      : []),
    ...(left && left.members.length > 0
      ? [
          warn(
            "reprotect.empties",
            `When the first copy is complete, the servers, ports and volumes that the group has left at ${target.siteName} are deleted there.`,
          ),
        ]
      : []),
    ...unprotectedParts({ members, source }),
  ];
}

function unprotectedParts({ members, source }: Pick<ReprotectInput, "members" | "source">): CheckResult[] {
  return members.flatMap(({ name, description, refusals }) => {
    const reason = `It has no server at ${source.siteName}: nothing of it is protected.`;
    const gone: CheckResult = {
      check: "member.server_not_found",
      result: "warning",
      subject: name,
      reason,
      remedy: null,
    };
    return [...(description ? [] : [gone]), ...refusals.map((each) => ({ ...each, result: "warning" as const }))];
  });
}

function checkPhase({ epoch, members, source }: ReprotectInput): PlannedStep[] {
  return [
    step("marker.take", "fire", "marker.take", `Take the group on the array at ${source.siteName}`, "check", "source", {
      input: { epoch },
      settings: { isUndoable: true },
    }),
    step("storage", "observe", "storage.describe", "Ask both arrays who they are", "check", "source", {
      dependsOn: ["marker.take"],
    }),
    ...members.flatMap(({ id, name, description }) =>
      description
        ? [
            barrier(`captured.${id}`, `Capture ${name} as it is now`, "check", "source", {
              memberId: id,
              input: { description } satisfies RecapturedInput,
              dependsOn: ["marker.take"],
            }),
          ]
        : [],
    ),
  ];
}

function replicatePhase(input: ReprotectInput): PlannedStep[] {
  const { group, members, replication, source, target } = input;
  const { arrayGroup } = group;
  // What an earlier reprotection has made is in use: taking this one back leaves it.
  const isNew = source.arrayGroup === undefined;
  // A group holds only volumes of its own pod, or of none; what else a member has is told as not protected.
  const volumes = members
    .flatMap(({ description }) => description?.volumes.map((each) => each.array_volume) ?? [])
    .filter((name) => podOf(name) === podOf(arrayGroup));
  const allow = allowSteps({ group, target }, { phase: "replicate", after: "array_group" });
  return [
    step(
      "old.quiet",
      "ensure",
      "replication.quiet",
      `Send nothing from ${target.siteName} any more`,
      "replicate",
      "target",
      {
        input: { arrayGroup: target.arrayGroup, settings: replication },
        dependsOn: ["storage"],
      },
    ),
    step(
      "array_group",
      "ensure",
      "array_group.ensure",
      `Make array group ${arrayGroup} at ${source.siteName}`,
      "replicate",
      "source",
      {
        input: { arrayGroup, settings: replication },
        dependsOn: ["old.quiet"],
        settings: { isUndoable: isNew },
      },
    ),
    step(
      "members",
      "ensure",
      "array_group.set_members",
      "Put the volumes of all servers into it",
      "replicate",
      "source",
      {
        input: { arrayGroup, before: source.arrayGroup?.members ?? [], volumes },
        dependsOn: ["array_group"],
        settings: { isUndoable: true },
      },
    ),
    ...allow,
    step("cut", "ensure", "replication.cut", `Replicate now from ${source.siteName}`, "replicate", "source", {
      input: { arrayGroup, suffix: `protector-${input.operationId.replaceAll("-", "").slice(0, 12)}-r` },
      dependsOn: ["members", ...allow.map(({ key }) => key)],
      settings: { isUndoable: true },
    }),
    step("wait", "observe", "replication.wait", `Transfer everything to ${target.siteName}`, "replicate", "target", {
      input: { arrayGroup, cutStep: "cut" },
      dependsOn: ["cut"],
      settings: { timeoutMs: TRANSFER_TIMEOUT_MS, weight: 40 },
    }),
  ];
}

/** Before anything is sent there: what only those volumes hold. */
function keepPhase({ divergent, left, operationId, target }: ReprotectInput): PlannedStep[] {
  if (left) return [];
  const suffix = `protector-${operationId.replaceAll("-", "").slice(0, 12)}-kept`;
  return divergent.map(({ memberId, title, arrayVolume }, index) => {
    const input: KeepSnapshotInput = { title, arrayVolume, keptSuffix: suffix };
    const what = `Keep what ${title} holds at ${target.siteName} in a snapshot`;
    return step(`keep.${memberId}.${index}`, "ensure", "volume.keep", what, "check", "target", {
      memberId,
      input,
      dependsOn: ["storage"],
      settings: { isUndoable: true },
    });
  });
}

/** Only when everything is there in a complete point. */
function emptyPhase({ left, target }: ReprotectInput): readonly PlannedStep[] {
  if (!left || left.members.length === 0) return [];
  return [
    step(
      "away.replication",
      "ensure",
      "left.replication",
      `Delete the array group at ${target.siteName} and its recovery points`,
      "empty",
      "target",
      { input: { arrayGroup: target.arrayGroup }, dependsOn: ["wait"] },
    ),
    ...emptyingSteps({
      siteName: target.siteName,
      side: "target",
      members: left.members.map((member) => ({ ...member, isSafe: ["wait"] })),
      cinderGroupIds: left.cinderGroupIds,
      isSafe: ["wait"],
      isUnreplicated: ["away.replication"],
    }),
  ];
}

function finishPhase(input: ReprotectInput): PlannedStep[] {
  const { group, operationId } = input;
  return [
    primaryInCinder(input),
    step("tidy", "ensure", "replication.tidy", "Delete recovery points of earlier operations", "finish", "source", {
      input: { arrayGroup: group.arrayGroup, operationId },
      dependsOn: ["wait"],
      settings: { onFailure: "member" },
    }),
    step("marker.release", "ensure", "marker.release", "Give the group back", "finish", "source", {
      dependsOn: ["wait"],
      after: ["cinder_group", "tidy", ...emptyPhase(input).map(({ key }) => key)],
    }),
  ];
}
