import type { CheckResult } from "@protector/contract";
import type { PlannedStep } from "../runner/plan.ts";
import type { EmptyArrayGroupInput, StopLeftInput } from "../steps/left-behind.ts";
import type { FailoverInput, ObservedTarget } from "./failover-input.ts";
import { emptyingSteps, type LeftMember, serverDeletionKey } from "./left-behind.ts";
import { barrier, step } from "./planned-step.ts";
import { type ProjectQuota, quotaShortages, type RoomNeeds } from "./room-needs.ts";

/**
 * What recoveries of older epochs have left of a group at the site that it is recovered at now: another site has taken the
 * group back since, and no reprotection has deleted it yet.
 */
export interface LeftBehindHere {
  readonly members: readonly Omit<LeftMember, "isSafe">[];
  /** Names of the servers. */
  readonly servers: readonly string[];
  /** Ids of all ports that go. */
  readonly portIds: ReadonlySet<string>;
  readonly cinderGroupIds: readonly string[];
  /** Array group there that holds the volumes, and its members without them; undefined: none does. */
  readonly arrayGroup: EmptyArrayGroupInput | undefined;
  /** Room at the site while all of it is there; {@link FailoverInput.target} tells what is free without it. */
  readonly roomBeside: Pick<ObservedTarget, "quota" | "withoutRoom">;
}

/** What of a project's quota is free when something is gone. */
export type Freed = Omit<RoomNeeds, "sizes">;

/** Barrier after which addresses, names and room are free. */
const CLEARED = "left.cleared";

/** ms in which a server that was left behind is to be deleted, when servers wait for its addresses. */
const DELETED_WITHIN_MS = 120_000;

/**
 * Deletes what an older recovery has left, before anything is made in its place. What its volumes hold is kept. Only what
 * holds addresses is waited for; the volumes too, when there is no room beside them.
 * @param after steps that must have succeeded before.
 */
export function clearingSteps(
  input: FailoverInput,
  needs: RoomNeeds,
  after: readonly string[],
): readonly PlannedStep[] {
  const { leftBehind, target } = input;
  if (!leftBehind) return [];
  const { members, arrayGroup } = leftBehind;
  const { siteName } = target;
  const emptied = emptyingSteps({
    siteName,
    side: "target",
    members: members.map((member) => ({ ...member, isSafe: after })),
    cinderGroupIds: leftBehind.cinderGroupIds,
    isSafe: after,
    isUnreplicated: arrayGroup ? ["left.array_group"] : [],
  }).map((each) =>
    early(each, { isServer: members.some(({ serverId }) => each.key === serverDeletionKey(serverId ?? "")) }),
  );
  const stops = members.flatMap(({ id, name, serverId }) => {
    if (serverId === null) return [];
    const own: StopLeftInput = { serverId, name };
    return step(stopKey(serverId), "ensure", "left.stop", `Stop ${name}, left at ${siteName}`, PHASE, "target", {
      memberId: id,
      input: own,
      dependsOn: after,
      settings: { onFailure: "duty", timeoutMs: DELETED_WITHIN_MS },
    });
  });
  const ungrouped = arrayGroup
    ? [
        step(
          "left.array_group",
          "ensure",
          "left.array_group",
          `Take what is left out of array group ${arrayGroup.arrayGroup} at ${siteName}`,
          PHASE,
          "target",
          { input: arrayGroup, dependsOn: after, settings: { onFailure: "duty" } },
        ),
      ]
    : [];
  const isShort = shortBeside(input, needs);
  const awaited = emptied.filter(({ action }) => isShort || action === "away.delete").map(({ key }) => key);
  return [
    ...stops,
    ...ungrouped,
    ...emptied.map((each) => afterItsStop(each, members)),
    barrier(CLEARED, `Addresses that older servers held at ${siteName} are free`, PHASE, "target", { after: awaited }),
    ...(isShort ? [roomCheck(input, needs)] : []),
  ];
}

/** Steps after which everything can be made in the place of what was left. */
export function clearedKeys(input: FailoverInput, needs: RoomNeeds): readonly string[] {
  if (!input.leftBehind) return [];
  return shortBeside(input, needs) ? [ROOM] : [CLEARED];
}

const PHASE = "check";
const ROOM = "left.room";

const stopKey = (serverId: string) => `left.stop.${serverId}`;

/** Before the servers start rather than at the end; a server that does not go holds nobody up for long. */
function early(planned: PlannedStep, { isServer }: { readonly isServer: boolean }): PlannedStep {
  const settings = isServer ? { ...planned.settings, timeoutMs: DELETED_WITHIN_MS } : planned.settings;
  return { ...planned, phase: PHASE, settings };
}

function afterItsStop(planned: PlannedStep, members: LeftBehindHere["members"]): PlannedStep {
  const own = members.find(({ serverId }) => serverId !== null && planned.key === serverDeletionKey(serverId));
  return own?.serverId ? { ...planned, after: [...planned.after, stopKey(own.serverId)] } : planned;
}

function roomCheck({ target }: FailoverInput, needs: RoomNeeds): PlannedStep {
  const title = `See that ${target.siteName} has room now`;
  return step(ROOM, "observe", "room.check", title, PHASE, "target", { input: needs, dependsOn: [CLEARED] });
}

/** Whether quota or hosts lack room as long as everything that was left is there. */
function shortBeside({ leftBehind, target }: FailoverInput, needs: RoomNeeds): boolean {
  if (!leftBehind) return false;
  const { quota, withoutRoom } = leftBehind.roomBeside;
  return withoutRoom.length > 0 || quotaShortages(needs, quota, target.projectId).length > 0;
}

/** A project's quota when something of it is free again. */
export function relievedQuota({ compute, volume, network }: ProjectQuota, freed: Freed): ProjectQuota {
  const less = <T extends { readonly used: number }>(value: T, by: number): T => ({
    ...value,
    used: Math.max(0, value.used - by),
  });
  const byType = Object.entries(volume.byType).map(([type, { volumes, gigabytes }]) => {
    const own = freed.byType[type] ?? { volumes: 0, gigabytes: 0 };
    return [type, { volumes: less(volumes, own.volumes), gigabytes: less(gigabytes, own.gigabytes) }] as const;
  });
  return {
    compute: {
      ...compute,
      instances: less(compute.instances, freed.instances),
      cores: less(compute.cores, freed.cores),
      ramMiB: less(compute.ramMiB, freed.ramMiB),
    },
    volume: {
      ...volume,
      volumes: less(volume.volumes, freed.volumes),
      gigabytes: less(volume.gigabytes, freed.gigabytes),
      byType: Object.fromEntries(byType),
    },
    network: {
      ...network,
      ports: less(network.ports, freed.ports),
      floatingIps: less(network.floatingIps, freed.floatingIps),
    },
  };
}

/** What is deleted first, for the person who confirms it. */
export function tellLeftBehind({ leftBehind, group, target }: FailoverInput): readonly CheckResult[] {
  if (!leftBehind) return [];
  const { siteName } = target;
  const { members, portIds, servers } = leftBehind;
  const volumes = members.flatMap((member) => member.volumes);
  const kept = volumes.filter(({ keptName }) => keptName !== null).length;
  const named = servers.length === 0 ? "" : `: ${servers.toSorted().join(", ")}`;
  const what = [
    ...(servers.length === 0 ? [] : [counted(servers.length, "server")]),
    ...(portIds.size === 0 ? [] : [counted(portIds.size, "port")]),
    ...(volumes.length === 0 ? [] : [counted(volumes.length, "volume")]),
  ];
  const writes =
    kept === 0
      ? ""
      : ` What was written there is nowhere else: it is kept as ${counted(kept, "array volume")} outside of Cinder until you delete it: protector kept-snapshot list ${group.name}`;
  const reason = `An earlier recovery at ${siteName}, taken back since, has left ${what.join(", ")} there${named}. They are stopped and deleted first, and do not come back when this failover is cancelled.${writes}`;
  return [{ check: "failover.left_behind", result: "warning", subject: group.name, reason, remedy: null }];
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
