import { OutsideError, type VirtualClock } from "@protector/ports";
import type { ArrayLink, Conditions, FlashArrayModel } from "@protector/simulator";
import type { PointSource, StorageArray } from "./storage-array.ts";

/** What the suite uses of an array behind the driver's back: its data path and switches. */
export type ArrayModel = Pick<
  FlashArrayModel,
  | "id"
  | "name"
  | "isUp"
  | "problems"
  | "createVolume"
  | "destroyVolume"
  | "snapshotVolume"
  | "connect"
  | "disconnect"
  | "write"
  | "writesOfVolume"
  | "writesOfSnapshot"
  | "setDefaultProtection"
  | "createPod"
  | "stretchPod"
> & { describe(): { readonly volumes: readonly { readonly name: string; readonly isDestroyed: boolean }[] } };

/** The switches of the link that the suite uses. */
export type LinkModel = Pick<ArrayLink, "isUp" | "stallAtProgress" | "transferMs">;

/** One array of a pair under test. */
export interface ArrayUnderTest {
  /** Through the driver. */
  readonly array: StorageArray;
  /** A second client of the same array: another engine. */
  readonly rival: StorageArray;
  /** The array itself: its data path and switches. */
  readonly model: ArrayModel;
}

/** Two linked arrays under one virtual clock, as a driver's test makes them. */
export interface ArrayPair {
  readonly clock: VirtualClock;
  readonly conditions: Conditions;
  readonly source: ArrayUnderTest;
  readonly target: ArrayUnderTest;
  readonly link: LinkModel;
  /** Whether a new volume can decline the array's default protection groups. */
  readonly canDeclineDefaultProtection: boolean;
}

export const GIB = 2 ** 30;
export const GROUP_ID = "0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0";
export const GROUP = "protector-0b1c2d3e4f50";
export const DISKS = ["volume-aaaa-cinder", "volume-bbbb-cinder"] as const;
export const HOST = "compute-1";

/** Where the group's points are on the target. */
export function onTarget(pair: ArrayPair): PointSource {
  return { group: GROUP, array: pair.source.model.name };
}

/** Two volumes on the source, connected to a host that writes to both. */
export function layOutDisks(pair: ArrayPair): void {
  for (const disk of DISKS) {
    pair.source.model.createVolume(disk, GIB);
    pair.source.model.connect(disk, HOST);
  }
}

/** Guest write number `sequence`, to one disk. */
export function write(pair: ArrayPair, disk: string, sequence: number): void {
  const at = pair.clock.now();
  pair.source.model.write(disk, HOST, { writer: "server-1", sequence, at, text: `write ${sequence}` });
}

/** Repeats a call as the engine does: while its failure is one that passes. */
export async function patiently<T>(pair: ArrayPair, call: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await call();
    } catch (error) {
      const passes = error instanceof OutsideError && ["retryable", "waiting"].includes(error.failure.failureClass);
      if (!passes || tries >= 60) throw error;
      await pair.clock.sleep(5_000);
    }
  }
}

export const RETENTION = { allForSeconds: 86_400, perDay: 4, days: 7 } as const;

/** The group on the source with both disks, replicating to the target. */
export async function protect(pair: ArrayPair, schedule = { enabled: false, intervalMs: 300_000 }): Promise<void> {
  const { source, target } = pair;
  await patiently(pair, () => source.array.ensureGroup(GROUP));
  await patiently(pair, () => source.array.setMembers(GROUP, DISKS));
  await patiently(pair, () => source.array.ensureTarget(GROUP, target.model.name));
  await patiently(pair, () => target.array.allowReplicationFrom(source.model.name, GROUP));
  await patiently(pair, () => source.array.setReplication(GROUP, { ...schedule, retention: RETENTION }));
}

/** Sends a point and waits until the target can use it. */
export async function replicate(pair: ArrayPair, suffix: string): Promise<void> {
  await patiently(pair, () => pair.source.array.replicateNow(GROUP, suffix));
  await usable(pair, suffix);
}

/** Waits until the target can use a point. */
export async function usable(pair: ArrayPair, suffix: string): Promise<void> {
  for (;;) {
    const point = await patiently(pair, () => pair.target.array.findRecoveryPoint(onTarget(pair), suffix));
    if (point?.isUsable) return;
    await pair.clock.sleep(5_000);
  }
}

/** Clones one disk of a point on the target. */
export function clone(pair: ArrayPair, request: { suffix: string; disk: string; name: string }) {
  const { suffix, disk, name } = request;
  return pair.target.array.ensureClone({ source: onTarget(pair), suffix, sourceVolume: disk, name });
}

/** The failure of a call that must fail. */
export async function failureOf(call: Promise<unknown>): Promise<OutsideError["failure"]> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof OutsideError))
    throw new Error(`not refused by the driver: ${String(error)}`, { cause: error });
  return error.failure;
}
