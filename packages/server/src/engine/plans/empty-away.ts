import type { PlannedStep } from "../runner/plan.ts";
import type { DeleteAwayInput, RemoveAwayVolumeInput } from "../steps/empty-away.ts";
import type { KeptSnapshotInput } from "../steps/overwrite-volume.ts";
import type { ComingHome, FailbackInput } from "./failback-input.ts";
import type { FailoverMember } from "./failover-input.ts";
import { dropAhead, groupInCinder } from "./failover-phases.ts";
import { keptSuffix } from "./member-return.ts";
import { step } from "./planned-step.ts";

/** Only what has come home is deleted, and only when it is protected there. */
export function emptyPhase(input: FailbackInput, coming: readonly ComingHome[]): PlannedStep[] {
  const { awayGroupIds, group, members, source } = input;
  const isAllHome = members.map(({ id }) => `verify.${id}`);
  const groupSteps = awayGroupIds.map((groupId) =>
    step(
      `away.cinder_group.${groupId}`,
      "ensure",
      "away.cinder_group",
      `Delete the Cinder group at ${source.siteName}`,
      "empty",
      "source",
      {
        input: { groupId },
        dependsOn: ["forward.wait", ...isAllHome],
        after: members.map(({ id }) => `away.server.${id}`),
        settings: { onFailure: "duty" },
      },
    ),
  );
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
    ...groupSteps,
    ...members.flatMap((member) => emptyMember(input, member)),
    ...serverGroups(input),
    ...(input.isDivergent ? [] : coming.flatMap((each) => dropSnapshots(input, each))),
    dropAhead(input),
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

function emptyMember(input: FailbackInput, member: FailoverMember): PlannedStep[] {
  const { source, away, awayGroupIds } = input;
  const { id: memberId, name, serverId, description } = member;
  const found = away.get(memberId);
  const home = ["forward.wait", `verify.${memberId}`];
  const remove = (key: string, what: DeleteAwayInput, after: readonly string[]) =>
    step(key, "ensure", "away.delete", `Delete ${what.label} at ${source.siteName}`, "empty", "source", {
      memberId,
      input: what,
      dependsOn: home,
      after,
      settings: { onFailure: "duty", weight: 2 },
    });
  const serverStep = `away.server.${memberId}`;
  return [
    ...(found?.floatingIps ?? []).map(({ id, address }) =>
      remove(`away.floating_ip.${id}`, { kind: "floating_ip", id, label: `floating IP ${address} of ${name}` }, []),
    ),
    remove(serverStep, { kind: "server", id: serverId, label: `server ${name}` }, []),
    ...(found?.portIds ?? []).map((id, index) =>
      remove(`away.port.${id}`, { kind: "port", id, label: `port ${index + 1} of ${name}` }, [serverStep]),
    ),
    ...description.volumes.map((volume) => {
      const label = volume.name || volume.volume_id;
      const own: RemoveAwayVolumeInput = {
        title: `volume ${label} of ${name}`,
        volumeId: volume.volume_id,
        arrayVolume: volume.array_volume,
        arrayId: found?.arrayIds.get(volume.array_volume) ?? null,
      };
      return step(
        `away.volume.${volume.volume_id}`,
        "ensure",
        "away.volume",
        `Delete volume ${label} of ${name} at ${source.siteName}`,
        "empty",
        "source",
        {
          memberId,
          input: own,
          dependsOn: [...home, "away.replication"],
          after: [serverStep, ...awayGroupIds.map((id) => `away.cinder_group.${id}`)],
          settings: { onFailure: "duty", weight: 2 },
        },
      );
    }),
  ];
}

function serverGroups({ away, members, source }: FailbackInput): PlannedStep[] {
  const ids = new Set([...away.values()].flatMap(({ serverGroupIds }) => serverGroupIds));
  return [...ids].map((id) => {
    const input: DeleteAwayInput = { kind: "server_group", id, label: `server group ${id}` };
    return step(
      `away.server_group.${id}`,
      "ensure",
      "away.delete",
      `Delete server group ${id} at ${source.siteName}`,
      "empty",
      "source",
      {
        input,
        dependsOn: ["forward.wait", ...members.map((member) => `verify.${member.id}`)],
        after: members.map((member) => `away.server.${member.id}`),
        settings: { onFailure: "duty" },
      },
    );
  });
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
