import type { PlannedStep } from "../runner/plan.ts";
import { cinderGroupName } from "../world/group-names.ts";
import type { FailoverInput, FailoverMember } from "./failover-input.ts";
import type { MemberRecovery } from "./member-recovery.ts";
import { barrier, step } from "./planned-step.ts";
import { aheadSteps, FINAL_CUT_KEYS, finalCutSteps } from "./replication-type.ts";
import type { RoomNeeds } from "./room-needs.ts";

/** Array point cut while the servers still run: shortens the transfer that they have to wait for. */
const AHEAD_SUFFIX = "a";
const FINAL_SUFFIX = "f";

/**
 * Takes the group and looks at its servers before anything is done to them.
 * @param first what else has to be done before anything is made at the target.
 */
export function checkPhase(input: FailoverInput, first: readonly string[] = []): PlannedStep[] {
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
      dependsOn: [...input.members.map((member) => `before.${member.id}`), ...first],
    }),
  ];
}

/** @param prepared what can be made at the target before the source is touched. */
export function preparePhase(input: FailoverInput, prepared: readonly PlannedStep[]): PlannedStep[] {
  const ahead = aheadSteps(input, suffix(input, AHEAD_SUFFIX));
  return [
    ...prepared,
    ...ahead,
    barrier("prepared", `Everything prepared at ${input.target.siteName}`, "prepare", "target", {
      dependsOn: ["checked", ...[...ahead, ...prepared].map((each) => each.key)],
    }),
  ];
}

/** Locks and stops the servers, the last tier first. */
export function quiescePhase(input: FailoverInput): PlannedStep[] {
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

/** Sends the last writes, and sees that none came after. */
export function finalSyncPhase(input: FailoverInput): PlannedStep[] {
  const { group } = input;
  const quiesced = `stopped.${tiersOf(input.members)[0] ?? 0}`;
  const redo = [
    ...input.members.flatMap((member) => [`lock.${member.id}`, `stop.${member.id}`]),
    ...tiersOf(input.members).map((tier) => `stopped.${tier}`),
    ...FINAL_CUT_KEYS,
  ];
  return [
    ...finalCutSteps(input, { suffix: suffix(input, FINAL_SUFFIX), after: quiesced }),
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

/** Makes the target primary. @param room what it must still have room for. */
export function switchPhase(input: FailoverInput, room: RoomNeeds): PlannedStep[] {
  const { group, epochs, source, target, replication } = input;
  const raise = { from: epochs.current, to: epochs.next, back: epochs.back };
  return [
    step("room.check", "observe", "room.check", `See that ${target.siteName} still has room`, "switch", "target", {
      input: room,
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

/** Brings the servers up, the first tier first. */
export function recoverPhase(
  input: Pick<FailoverInput, "members">,
  recoveryOf: (member: FailoverMember) => MemberRecovery,
): PlannedStep[] {
  const steps: PlannedStep[] = [];
  let before: string | null = null;
  for (const tier of tiersOf(input.members)) {
    const members = input.members.filter((member) => member.tier === tier);
    for (const member of members) steps.push(...recoveryOf(member).recover(before));
    before = `started.${tier}`;
    steps.push(
      barrier(before, `Tier ${tier} is up`, "recover", "target", {
        after: members.map((member) => `gate.${member.id}`),
      }),
    );
  }
  return steps;
}

/** For people: no recovery needs it. */
export function groupInCinder(input: FailoverInput, volumeSteps: readonly string[]): PlannedStep {
  const { group, target } = input;
  return step(
    "cinder_group",
    "ensure",
    "cinder_group.ensure",
    `Group the volumes in Cinder at ${target.siteName}`,
    "finish",
    "target",
    {
      input: { name: cinderGroupName(group.id), description: `Protection group ${group.name}`, volumeSteps },
      after: ["verified"],
      settings: { onFailure: "duty" },
    },
  );
}

/** Steps that give the volumes of members their names and ids. */
export function volumeStepsOf(members: readonly FailoverMember[]): readonly string[] {
  return members.flatMap(({ id, description }) => description.volumes.map((_, index) => `volume.${id}.${index}`));
}

/** @param after steps that must have ended. */
export function giveMarkersBack({ source, target }: FailoverInput, after: readonly string[]): PlannedStep[] {
  return (
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
        after,
        dependsOn: [`epoch.${side}`],
      },
    ),
  );
}

function suffix(input: FailoverInput, kind: string): string {
  return `protector-${input.operationId.replaceAll("-", "").slice(0, 12)}-${kind}`;
}

/** Tiers that have members, lowest first. */
export function tiersOf(members: readonly FailoverMember[]): number[] {
  return [...new Set(members.map((member) => member.tier))].sort((a, b) => a - b);
}
