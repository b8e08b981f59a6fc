import type { OperationPlan, PlannedStep } from "../runner/plan.ts";
import { checkFailover, notHeld } from "./failover-checks.ts";
import type { FailoverInput, FailoverMember } from "./failover-input.ts";
import { memberRecovery } from "./member-recovery.ts";
import { barrier, step } from "./planned-step.ts";
import { roomNeeds } from "./room-needs.ts";

/** Array point cut while the servers still run: shortens the transfer that they have to wait for. */
const AHEAD_SUFFIX = "a";
const FINAL_SUFFIX = "f";

const MINUTE = 60_000;
/** A transfer takes as long as it takes; after this long the operation waits for a person to look at the link. */
const TRANSFER_TIMEOUT_MS = 240 * MINUTE;

/**
 * The plan of a planned failover (phases of the design, section 9). Pure: the same input gives the same plan.
 */
export function planPlannedFailover(input: FailoverInput): OperationPlan {
  const { blockers, warnings } = checkFailover(input);
  const steps = [
    ...checkPhase(input),
    ...preparePhase(input),
    ...quiescePhase(input),
    ...finalSyncPhase(input),
    ...switchPhase(input),
    ...recoverPhase(input),
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

function checkPhase(input: FailoverInput): PlannedStep[] {
  const { epochs, source } = input;
  return [
    step("marker.take", "fire", "marker.take", `Take the group on the array at ${source.siteName}`, "check", "source", {
      input: { epoch: epochs.current },
      settings: { isUndoable: true },
    }),
    step("storage", "observe", "storage.describe", "Ask both arrays who they are", "check", "source", {
      dependsOn: ["marker.take"],
    }),
    ...input.members.map((member) =>
      step(`before.${member.id}`, "observe", "server.observe", `Look at ${member.name}`, "check", "source", {
        memberId: member.id,
        input: { serverId: member.serverId, name: member.name },
        dependsOn: ["marker.take"],
      }),
    ),
    barrier("checked", "All servers looked at", "check", "source", {
      dependsOn: input.members.map((member) => `before.${member.id}`),
    }),
  ];
}

function preparePhase(input: FailoverInput): PlannedStep[] {
  const { group, source, target } = input;
  const ahead = {
    dependsOn: ["checked"],
    input: { arrayGroup: group.arrayGroup, suffix: suffix(input, AHEAD_SUFFIX) },
  };
  const prepared = input.members.flatMap((member) => memberRecovery(input, member).prepare);
  return [
    ...prepared,
    step("ahead.cut", "ensure", "replication.cut", `Replicate now from ${source.siteName}`, "prepare", "source", {
      ...ahead,
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
        input: { arrayGroup: group.arrayGroup, cutStep: "ahead.cut" },
        dependsOn: ["ahead.cut"],
        settings: { timeoutMs: TRANSFER_TIMEOUT_MS, weight: 20 },
      },
    ),
    barrier("prepared", `Everything prepared at ${target.siteName}`, "prepare", "target", {
      dependsOn: ["ahead.wait", ...prepared.map((each) => each.key)],
    }),
  ];
}

function quiescePhase(input: FailoverInput): PlannedStep[] {
  const steps: PlannedStep[] = [];
  let before = "prepared";
  for (const tier of tiersOf(input.members).reverse()) {
    const members = input.members.filter((member) => member.tier === tier);
    for (const member of members) {
      const quiesce = { serverId: member.serverId, name: member.name, beforeStep: `before.${member.id}` };
      steps.push(
        step(`lock.${member.id}`, "fire", "server.lock", `Lock ${member.name}`, "quiesce", "source", {
          memberId: member.id,
          input: quiesce,
          dependsOn: [before, `before.${member.id}`],
          settings: { isUndoable: true },
        }),
        step(`stop.${member.id}`, "fire", "server.stop", `Stop ${member.name}`, "quiesce", "source", {
          memberId: member.id,
          input: quiesce,
          dependsOn: [`lock.${member.id}`],
          settings: { isUndoable: true, weight: 5 },
        }),
      );
    }
    before = `stopped.${tier}`;
    steps.push(
      barrier(before, `Tier ${tier} is at rest`, "quiesce", "source", {
        dependsOn: members.map((member) => `stop.${member.id}`),
      }),
    );
  }
  return steps;
}

function finalSyncPhase(input: FailoverInput): PlannedStep[] {
  const { group, source, target } = input;
  const quiesced = `stopped.${tiersOf(input.members)[0] ?? 0}`;
  const redo = [
    ...input.members.flatMap((member) => [`lock.${member.id}`, `stop.${member.id}`]),
    ...tiersOf(input.members).map((tier) => `stopped.${tier}`),
    "final.cut",
    "final.wait",
  ];
  return [
    step(
      "final.cut",
      "ensure",
      "replication.cut",
      `Replicate the last writes from ${source.siteName}`,
      "final_sync",
      "source",
      {
        input: { arrayGroup: group.arrayGroup, suffix: suffix(input, FINAL_SUFFIX) },
        dependsOn: [quiesced],
        settings: { isUndoable: true },
      },
    ),
    step(
      "final.wait",
      "observe",
      "replication.wait",
      `Transfer the last writes to ${target.siteName}`,
      "final_sync",
      "target",
      {
        input: { arrayGroup: group.arrayGroup, cutStep: "final.cut" },
        dependsOn: ["final.cut"],
        settings: { timeoutMs: TRANSFER_TIMEOUT_MS, weight: 20 },
      },
    ),
    step(
      "final.verify",
      "observe",
      "replication.verify_cut",
      "See that nothing wrote after the cut",
      "final_sync",
      "source",
      {
        input: {
          arrayGroup: group.arrayGroup,
          cutStep: "final.cut",
          arrayVolumes: input.members.flatMap((member) =>
            member.description.volumes.map((volume) => volume.array_volume),
          ),
          servers: input.members.map((member) => ({ serverId: member.serverId, name: member.name })),
          redo,
        },
        dependsOn: ["final.wait"],
      },
    ),
  ];
}

function switchPhase(input: FailoverInput): PlannedStep[] {
  const { group, epochs, source, target, replication } = input;
  const raise = { from: epochs.current, to: epochs.next, back: epochs.back };
  return [
    step("room.check", "observe", "room.check", `See that ${target.siteName} still has room`, "switch", "target", {
      // The ports were made before: they count as used by now.
      input: { ...roomNeeds({ ...input, flavors: target.flavors }), ports: 0 },
      dependsOn: ["final.verify"],
    }),
    step(
      "epoch.source",
      "fire",
      "marker.raise",
      `Make ${target.siteName} primary on the array at ${source.siteName}`,
      "switch",
      "source",
      {
        input: raise,
        dependsOn: ["room.check"],
        settings: { isUndoable: true },
      },
    ),
    step(
      "epoch.target",
      "fire",
      "marker.raise",
      `Make ${target.siteName} primary on the array at ${target.siteName}`,
      "switch",
      "target",
      {
        input: raise,
        dependsOn: ["epoch.source"],
        settings: { isUndoable: true },
      },
    ),
    step(
      "schedule.off",
      "ensure",
      "replication.schedule",
      `Turn off the replication schedule at ${source.siteName}`,
      "switch",
      "source",
      {
        input: { arrayGroup: group.arrayGroup, settings: { ...replication, enabled: false } },
        dependsOn: ["epoch.target"],
        settings: { isUndoable: true },
      },
    ),
  ];
}

function recoverPhase(input: FailoverInput): PlannedStep[] {
  const steps: PlannedStep[] = [];
  let before: string | null = null;
  for (const tier of tiersOf(input.members)) {
    const members = input.members.filter((member) => member.tier === tier);
    for (const member of members) steps.push(...memberRecovery(input, member).recover(before));
    before = `started.${tier}`;
    steps.push(
      barrier(before, `Tier ${tier} is up`, "recover", "target", {
        after: members.map((member) => `gate.${member.id}`),
      }),
    );
  }
  return steps;
}

function finishPhase(input: FailoverInput): PlannedStep[] {
  const { group, source, target } = input;
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
    step(
      "ahead.drop",
      "ensure",
      "replication.drop",
      "Delete the first of the two recovery points",
      "finish",
      "source",
      {
        input: { arrayGroup: group.arrayGroup, cutStep: "ahead.cut" },
        after: ["verified"],
        settings: { onFailure: "duty" },
      },
    ),
    step(
      "cinder_group",
      "ensure",
      "cinder_group.ensure",
      `Group the volumes in Cinder at ${target.siteName}`,
      "finish",
      "target",
      {
        input: {
          name: group.arrayGroup,
          description: `Protection group ${group.name}`,
          volumeSteps: input.members.flatMap((member) =>
            member.description.volumes.map((_, index) => `volume.${member.id}.${index}`),
          ),
        },
        after: ["verified"],
        settings: { onFailure: "duty" },
      },
    ),
    ...(
      [
        ["target", target.siteName],
        ["source", source.siteName],
      ] as const
    ).map(([side, siteName]) =>
      step(
        `marker.release.${side}`,
        "ensure",
        "marker.release_here",
        `Give the group back at ${siteName}`,
        "finish",
        side,
        {
          after: ["verified", "ahead.drop", "cinder_group", ...input.members.map((member) => `park.${member.id}`)],
          dependsOn: [`epoch.${side}`],
        },
      ),
    ),
  ];
}

function suffix(input: FailoverInput, kind: string): string {
  return `protector-${input.operationId.replaceAll("-", "").slice(0, 12)}-${kind}`;
}

/** Tiers that have members, lowest first. */
export function tiersOf(members: readonly FailoverMember[]): number[] {
  return [...new Set(members.map((member) => member.tier))].sort((a, b) => a - b);
}
