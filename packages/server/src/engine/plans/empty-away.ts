import type { PlannedStep } from "../runner/plan.ts";
import type { KeptSnapshotInput } from "../steps/overwrite-volume.ts";
import type { ComingHome, FailbackInput } from "./failback-input.ts";
import { groupInCinder } from "./failover-phases.ts";
import { emptyingSteps, type LeftBehind } from "./left-behind.ts";
import { keptSuffix } from "./member-return.ts";
import { step } from "./planned-step.ts";
import { dropAhead } from "./replication-type.ts";

/** Only what has come home is deleted, and only when it is protected there. */
export function emptyPhase(input: FailbackInput, coming: readonly ComingHome[]): PlannedStep[] {
  const { awayGroupIds, away, group, members, source } = input;
  const isAllHome = members.map(({ id }) => `verify.${id}`);
  const left: LeftBehind = {
    siteName: source.siteName,
    side: "source",
    cinderGroupIds: awayGroupIds,
    isSafe: ["forward.wait", ...isAllHome],
    isUnreplicated: ["away.replication"],
    members: members.map(({ id, name, serverId, description }) => ({
      id,
      name,
      serverId,
      volumes: description.volumes.map((volume) => ({
        volumeId: volume.volume_id,
        arrayVolume: volume.array_volume,
        name: volume.name,
        keptName: null,
      })),
      found: away.get(id),
      isSafe: ["forward.wait", `verify.${id}`],
    })),
  };
  return [
    step(
      "away.replication",
      "ensure",
      "away.replication",
      `Delete the array group at ${source.siteName} and its recovery points`,
      "empty",
      "source",
      {
        input: { arrayGroup: group.arrayGroup },
        dependsOn: ["forward.wait", ...isAllHome],
      },
    ),
    ...emptyingSteps(left),
    ...(input.hasRunAtHome ? [] : coming.flatMap((each) => dropSnapshots(input, each))),
    ...dropAhead(input),
    step("forward.tidy", "ensure", "forward.tidy", "Delete recovery points of earlier operations", "empty", "target", {
      input: { arrayGroup: group.arrayGroup, operationId: input.operationId },
      dependsOn: ["forward.wait"],
      settings: { onFailure: "duty" },
    }),
    groupInCinder(
      input,
      coming.flatMap(({ member, volumes }) => volumes.map((_, index) => `volume.${member.id}.${index}`)),
    ),
  ];
}

function dropSnapshots(input: FailbackInput, { member, volumes }: ComingHome): PlannedStep[] {
  return volumes.flatMap((waiting, index) => {
    if (!waiting) return [];
    const own: KeptSnapshotInput = { arrayVolume: waiting.arrayVolume, keptSuffix: keptSuffix(input) };
    return step(
      `kept.${member.id}.${index}`,
      "ensure",
      "volume.drop_kept",
      `Delete the snapshot of volume ${index + 1} of ${member.name}`,
      "empty",
      "target",
      {
        memberId: member.id,
        input: own,
        dependsOn: ["forward.wait", `verify.${member.id}`],
        settings: { onFailure: "duty" },
      },
    );
  });
}
