import type { PlannedStep, Side } from "../runner/plan.ts";
import type { DeleteAwayInput, RemoveAwayVolumeInput } from "../steps/empty-away.ts";
import type { AwayMember } from "./failback-input.ts";
import { step } from "./planned-step.ts";

/** What a group has left at a site, and when it may be deleted there. */
export interface LeftBehind {
  readonly siteName: string;
  readonly side: Side;
  readonly members: readonly LeftMember[];
  /** Cinder groups of the volumes there. */
  readonly cinderGroupIds: readonly string[];
  /** Steps that must have succeeded before anything is deleted: the group runs elsewhere, with a complete point here. */
  readonly isSafe: readonly string[];
  /** Steps that must have succeeded before a volume goes: nothing replicates it any more. */
  readonly isUnreplicated: readonly string[];
}

/** A member's remains. */
export interface LeftMember {
  readonly id: string;
  readonly name: string;
  /** Null: only what went with a server is left. */
  readonly serverId: string | null;
  readonly volumes: readonly LeftVolume[];
  /** What was found beside server and volumes. */
  readonly found: AwayMember | undefined;
  /** Steps of the member alone that must have succeeded before. */
  readonly isSafe: readonly string[];
}

/** A volume that is given back by Cinder, and destroyed on the array unless it is kept there. */
export interface LeftVolume {
  readonly volumeId: string;
  readonly arrayVolume: string;
  readonly name: string;
  /** Name under which the array keeps it; null: it is destroyed. */
  readonly keptName: string | null;
  /** Names of snapshots of it that are kept, as the array has them; default none. They stay with the volume. */
  readonly keptSnapshots?: readonly string[];
}

/** Deletes servers, ports, floating IPs, server groups, the Cinder group and the volumes, in that order. */
export function emptyingSteps(left: LeftBehind): readonly PlannedStep[] {
  return [...cinderGroups(left), ...left.members.flatMap((member) => memberSteps(left, member)), ...serverGroups(left)];
}

/** Steps that must have ended before what hangs on a member's server goes. */
const serverStepOf = ({ serverId }: Pick<LeftMember, "serverId">) =>
  serverId === null ? [] : [serverDeletionKey(serverId)];

/** Step that deletes a server which was left behind. */
export function serverDeletionKey(serverId: string): string {
  return `away.server.${serverId}`;
}

/** Ids of the servers that steps of a plan delete. */
export function deletedServers(
  steps: readonly Pick<PlannedStep, "action" | "input" | "memberId">[],
): readonly { readonly serverId: string; readonly memberId: string | null }[] {
  return steps.flatMap(({ action, input, memberId }) => {
    const { kind, id } = input as DeleteAwayInput;
    return action === "away.delete" && kind === "server" ? [{ serverId: id, memberId }] : [];
  });
}

function deleteStep(
  { side, siteName }: LeftBehind,
  key: string,
  what: DeleteAwayInput,
  of: { readonly memberId?: string; readonly dependsOn: readonly string[]; readonly after: readonly string[] },
): PlannedStep {
  return step(key, "ensure", "away.delete", `Delete ${what.label} at ${siteName}`, "empty", side, {
    ...of,
    input: what,
    settings: { onFailure: "duty", weight: 2 },
  });
}

function cinderGroups({ cinderGroupIds, isSafe, members, side, siteName }: LeftBehind): readonly PlannedStep[] {
  return cinderGroupIds.map((groupId) =>
    step(
      `away.cinder_group.${groupId}`,
      "ensure",
      "away.cinder_group",
      `Delete the Cinder group at ${siteName}`,
      "empty",
      side,
      { input: { groupId }, dependsOn: isSafe, after: members.flatMap(serverStepOf), settings: { onFailure: "duty" } },
    ),
  );
}

function memberSteps(left: LeftBehind, member: LeftMember): readonly PlannedStep[] {
  const { id: memberId, name, serverId, volumes, found } = member;
  const remove = (key: string, what: DeleteAwayInput, after: readonly string[]) =>
    deleteStep(left, key, what, { memberId, dependsOn: member.isSafe, after });
  return [
    ...(found?.floatingIps ?? []).map(({ id, address }) =>
      remove(`away.floating_ip.${id}`, { kind: "floating_ip", id, label: `floating IP ${address} of ${name}` }, []),
    ),
    ...(serverId === null
      ? []
      : [remove(serverDeletionKey(serverId), serverDeletion({ name, serverId, volumes }), [])]),
    ...(found?.portIds ?? []).map((id, index) =>
      remove(`away.port.${id}`, { kind: "port", id, label: `port ${index + 1} of ${name}` }, serverStepOf(member)),
    ),
    ...volumes.map((volume) => volumeStep(left, member, volume)),
  ];
}

/** A volume whose data is nowhere else, or that is not known, must not go with the server. */
function serverDeletion({
  name,
  serverId,
  volumes,
}: Pick<LeftMember, "name" | "volumes"> & { readonly serverId: string }): DeleteAwayInput {
  const mayGo = volumes.filter(({ keptName }) => keptName === null).map(({ volumeId }) => volumeId);
  const doAllGo = volumes.length > 0 && mayGo.length === volumes.length;
  return { kind: "server", id: serverId, label: `server ${name}`, ...(doAllGo ? {} : { mayGo }) };
}

function volumeStep(left: LeftBehind, member: LeftMember, volume: LeftVolume): PlannedStep {
  const { side, siteName, cinderGroupIds, isUnreplicated } = left;
  const title = `volume ${volume.name || volume.volumeId} of ${member.name}`;
  const input: RemoveAwayVolumeInput = {
    title,
    volumeId: volume.volumeId,
    arrayVolume: volume.arrayVolume,
    arrayId: member.found?.arrayIds.get(volume.arrayVolume) ?? null,
    keptName: volume.keptName,
    keptSnapshots: volume.keptSnapshots ?? [],
  };
  const what =
    volume.keptName === null
      ? `Delete ${title} at ${siteName}`
      : `Take ${title} out of Cinder at ${siteName}, kept on the array`;
  return step(`away.volume.${volume.volumeId}`, "ensure", "away.volume", what, "empty", side, {
    memberId: member.id,
    input,
    dependsOn: [...member.isSafe, ...isUnreplicated],
    after: [...serverStepOf(member), ...cinderGroupIds.map((id) => `away.cinder_group.${id}`)],
    settings: { onFailure: "duty", weight: 2 },
  });
}

function serverGroups(left: LeftBehind): readonly PlannedStep[] {
  const ids = new Set(left.members.flatMap(({ found }) => found?.serverGroupIds ?? []));
  return [...ids].map((id) =>
    deleteStep(
      left,
      `away.server_group.${id}`,
      { kind: "server_group", id, label: `server group ${id}` },
      { dependsOn: left.isSafe, after: left.members.flatMap(serverStepOf) },
    ),
  );
}
