import type { Content, Write } from "../content/content.ts";

/**
 * What Cinder's simulated backend and Nova's simulated hypervisors use of an array: the data path and the objects that
 * Cinder's Pure driver makes. The REST front end serves the same state, so both see one truth.
 * Every method throws {@link ArrayError} with the array's own message text, and acts at once: latency and faults belong to
 * the callers' own front ends. Names are matched without regard to case.
 */
export interface BlockArray {
  readonly id: string;
  readonly name: string;
  /** False while the array is switched off: every call then throws {@link ArrayDownError}. */
  readonly isUp: boolean;

  /** Whether it takes reads and writes of a volume now: it is on, and its half of the volume's pod is online. */
  serves(volume: string): boolean;
  /** Whether it has a live pod of that name. */
  hasPod(name: string): boolean;
  /** Makes a pod and stretches it to another array, as far as it is not done. In sync at once. */
  ensureStretchedPod(name: string, otherArray: string): void;

  findVolume(name: string): ArrayVolumeView | undefined;
  createVolume(name: string, bytes: number): void;
  /** Copies volume or snapshot `source` into the new volume `name`. */
  cloneVolume(source: string, name: string): void;
  renameVolume(from: string, to: string): void;
  growVolume(name: string, bytes: number): void;
  destroyVolume(name: string): void;
  snapshotVolume(volume: string, suffix: string): void;
  destroySnapshot(name: string): void;

  connect(volume: string, host: string): void;
  disconnect(volume: string, host: string): void;

  /** Creates the group unless it is there. */
  ensureGroup(name: string): void;
  addToGroup(group: string, volume: string): void;
  removeFromGroup(group: string, volume: string): void;
  destroyGroup(name: string): void;
  snapshotGroup(group: string, suffix: string): void;

  /** One guest write through a host connection. Throws when `host` is not connected to the volume. */
  write(volume: string, host: string, write: Write): void;
  /** Content of a live volume. */
  content(volume: string): Content;
}

/** A live or destroyed volume. */
export interface ArrayVolumeView {
  readonly name: string;
  readonly serial: string;
  readonly bytes: number;
  readonly isDestroyed: boolean;
  /** Names of the hosts it is connected to. */
  readonly hosts: readonly string[];
}

/** A refusal of the array: HTTP 400 on its REST interface. */
export class ArrayError extends Error {
  override readonly name = "ArrayError";
  /** The object that the array complains about. */
  readonly context: string | null;

  constructor(context: string | null, message: string) {
    super(message);
    this.context = context;
  }
}

/** The array does not answer. */
export class ArrayDownError extends Error {
  override readonly name = "ArrayDownError";
}
