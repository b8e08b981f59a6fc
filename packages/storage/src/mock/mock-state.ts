import type { ReplicationSettings } from "../storage-array.ts";

/**
 * What one mock array knows, as its file holds it. Only names, sizes and times: `content` tells whose data an object
 * stands for, the data itself is nowhere.
 */
export interface MockState {
  readonly id: string;
  volumes: MockVolume[];
  /** Snapshots of single volumes, by full name. */
  snapshots: MockSnapshot[];
  /** Groups made on this array. */
  groups: MockGroup[];
  /** Groups that other arrays replicate in. */
  replicas: MockReplica[];
  /** Its halves of pods. */
  pods: MockPod[];
  /** Links to other arrays by name; none = as {@link NEW_LINK}. */
  links: Record<string, MockLink>;
}

export interface MockVolume {
  readonly id: string;
  name: string;
  readonly bytes: number;
  readonly serial: string;
  /** ms since the UNIX epoch. */
  readonly createdAt: number;
  isDestroyed: boolean;
  hosts: string[];
  content: string;
}

export interface MockSnapshot {
  readonly name: string;
  readonly bytes: number;
  readonly content: string;
}

export interface MockGroup {
  readonly name: string;
  /** Volume names. */
  members: string[];
  targets: { readonly array: string; isAllowed: boolean; readonly since: number }[];
  replication: ReplicationSettings;
  /** When the schedule cut last, or was set; ms. */
  scheduledAt: number;
  points: MockPoint[];
}

export interface MockPoint {
  readonly suffix: string;
  readonly createdAt: number;
  readonly isScheduled: boolean;
  isDestroyed: boolean;
  /** By source volume. */
  readonly volumes: readonly MockSnapshot[];
}

/** A group of another array as the target keeps it. */
export interface MockReplica {
  readonly source: string;
  readonly group: string;
  members: string[];
  isAllowed: boolean;
  points: MockTransfer[];
}

export interface MockTransfer extends MockPoint {
  /** ms that the whole transfer takes. */
  readonly durationMs: number;
  /** ms of it that are done. */
  doneMs: number;
  /** Until when `doneMs` has been counted. */
  countedAt: number;
  completedAt: number | null;
}

/** What an array holds of a pod: its own half, and what it was told last of the other one. Times are ms. */
export interface MockPod extends MockHalf {
  readonly name: string;
  readonly own: { readonly array: string; readonly id: string };
  /** Null while the pod is on one array. */
  partner: { readonly array: string; readonly id: string } | null;
  /** The array made the pod; it goes on when both arrays are up and lose each other. */
  readonly isFirst: boolean;
  isTogether: boolean;
  /** Null: it cannot be asked. */
  told: MockHalf | null;
}

export interface MockHalf {
  status: "online" | "offline" | "resyncing";
  frozenAt: number | null;
  resyncSince: number | null;
}

/** A link, from the side of the array that sends. */
export interface MockLink {
  isUp: boolean;
  /** ms that a transfer takes. */
  transferMs: number;
  /** Transfers get no further than this share; null = they end. */
  stallAtProgress: number | null;
}

export const NEW_LINK: MockLink = { isUp: true, transferMs: 5_000, stallAtProgress: null };

/** ms until a group with a new target shows on the target. */
export const APPEARS_AFTER_MS = 2_000;

/** All arrays of one directory that answer, by name. */
export type MockArrays = ReadonlyMap<string, MockState>;

export function newState(id: string): MockState {
  return { id, volumes: [], snapshots: [], groups: [], replicas: [], pods: [], links: {} };
}

/** The link from one array to another. */
export function linkOf(state: MockState, target: string): MockLink {
  return state.links[target] ?? NEW_LINK;
}
