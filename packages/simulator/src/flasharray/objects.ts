import type { Content } from "../content/content.ts";
import type { ArrayState } from "./array-state.ts";
import type { Contents } from "./contents.ts";

/** Object with a name that stays taken while it is pending eradication. All times are ms since the UNIX epoch, world clock. */
export interface ArrayObject {
  readonly id: string;
  name: string;
  /** When it was destroyed; undefined while it lives. */
  destroyedAt: number | undefined;
}

export interface Reference {
  readonly id: string | null;
  readonly name: string | null;
}

export const NO_REFERENCE: Reference = { id: null, name: null };

export interface StoredVolume extends ArrayObject {
  readonly serial: string;
  bytes: number;
  createdAt: number;
  content: Content;
  /** Volume that it was cloned from. */
  source: Reference;
  /** Snapshots of it alone, not its parts of group snapshots. */
  readonly ownSnapshots: Set<StoredSnapshot>;
  limits: StoredLimits;
}

/** Quality of service; undefined = unlimited. */
export interface StoredLimits {
  readonly iops: number | undefined;
  readonly bytesPerSecond: number | undefined;
}

export interface StoredHost {
  readonly id: string;
  readonly name: string;
  iqns: readonly string[];
  wwns: readonly string[];
  nqns: readonly string[];
  /** Operating system of the host, as `aix` or `esxi`. */
  personality: string | undefined;
  /** Name that it proves itself by to the array (CHAP); the password is not kept. */
  chapUser: string | undefined;
}

export interface StoredSnapshot extends ArrayObject {
  suffix: string;
  readonly serial: string;
  /** As the array that cut it stamped it: that array's clock. */
  readonly created: number;
  readonly bytes: number;
  readonly content: Content;
  readonly source: Reference;
  /** Volume that takes it along when it is renamed or destroyed; undefined for a part of a group snapshot. */
  readonly volume: StoredVolume | undefined;
  /** Group snapshot that it is part of. */
  readonly point: StoredPoint | undefined;
}

/** A snapshot of a whole protection group. */
export interface StoredPoint extends ArrayObject {
  readonly suffix: string;
  readonly group: StoredGroup;
  readonly cutAt: number;
  /** As the array that cut it stamped it. */
  readonly created: number;
  readonly volumes: StoredSnapshot[];
  /** The group's retention applies to it. */
  readonly isRetained: boolean;
  /** ms between destruction and eradication, when it is not the array's own delay. */
  eradicationDelayMs: number | undefined;
  /** It was destroyed by itself, not with its group. */
  wasDestroyedAlone?: boolean;
  /** Sendings from this array to targets. */
  readonly outgoing: StoredTransfer[];
  /** The sending that brings it here; undefined for a point that was cut here. */
  readonly incoming: StoredTransfer | undefined;
}

export interface StoredTarget {
  /** Name of the target array. */
  readonly array: string;
  isAllowed: boolean;
  /** When the group can be seen on the target. */
  readonly appearsAt: number;
  hasAppeared: boolean;
}

export interface StoredSchedule {
  enabled: boolean;
  frequency: number;
  at: number | undefined;
  blackout: { readonly start: number; readonly end: number } | undefined;
}

export interface StoredRetention {
  all_for_sec: number;
  days: number;
  per_day: number;
}

export interface StoredGroup extends ArrayObject {
  readonly createdAt: number;
  readonly members: Set<StoredVolume>;
  /** By lower-case array name. */
  readonly targets: Map<string, StoredTarget>;
  /** By lower-case suffix. */
  readonly points: Map<string, StoredPoint>;
  readonly replicationSchedule: StoredSchedule;
  readonly snapshotSchedule: StoredSchedule;
  sourceRetention: StoredRetention;
  targetRetention: StoredRetention;
  retentionLock: "unlocked" | "ratcheted";
  /** Array that made it, for a replicated-in group. */
  readonly origin: { readonly array: string; readonly group: string } | undefined;
  /** For a replicated-in group: member names as last heard from the source. */
  heardMembers: readonly string[];
  nextPointAt: number | undefined;
  nextLocalPointAt: number | undefined;
  /** Memo of the next thing that time does to the group; undefined = has to be worked out. */
  dueAt: number | undefined;
}

/** One point on its way to one target. */
export interface StoredTransfer {
  readonly id: string;
  readonly target: string;
  readonly bytes: number;
  readonly durationMs: number;
  /** Waits for earlier transfers of the group to the same target. */
  readonly isQueued: boolean;
  readonly isScheduled: boolean;
  readonly queuedAt: number;
  startedAt: number | undefined;
  completedAt: number | undefined;
  /** ms of its duration that it has behind it, as of `since`. */
  elapsedMs: number;
  since: number;
}

/** A name space for volumes and groups, kept alike by one array or by two. Arrays refer to the same pod. */
export interface StoredPod extends ArrayObject {
  readonly createdAt: number;
  /** One for each array that it is stretched over, the array that made it first. */
  halves: StoredHalf[];
  /** Names of the arrays that are to stay online when they lose each other, best first. */
  failoverPreferences: readonly string[];
  /** Name of the array that stays online when no array reaches the mediator and they lose each other. */
  preElected: string | undefined;
  /** Whether its arrays reach each other; an array alone always does. */
  isTogether: boolean;
}

/** What the array of a half can do with it; `unknown` is only ever told of a half that cannot be asked. */
export type HalfStatus = "online" | "offline" | "resyncing";

/** A pod as one of its arrays holds it. Halves in sync hold the same contents, not equal ones. */
export interface StoredHalf {
  readonly array: ArrayState;
  status: HalfStatus;
  contents: Contents;
  /** Time of its data while it is behind the other half. */
  frozenAt: number | undefined;
  /** When it began to catch up, and how long that takes, ms; only while resyncing. */
  resync: { readonly since: number; readonly durationMs: number } | undefined;
}

/** Something wrong that the array let happen: what a careful client must never cause. */
export interface Problem {
  readonly at: number;
  readonly kind: "overwritten_while_connected" | "destroyed_while_connected" | "cloned_incomplete_snapshot";
  readonly object: string;
  readonly detail: string;
}
