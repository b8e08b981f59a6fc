import type { ArrayState } from "./array-state.ts";

/** How two arrays are linked. */
export interface LinkOptions {
  /** Bytes per second of one transfer; default 1 GiB/s. */
  readonly throughputBytesPerSecond?: number;
  /** ms that every transfer takes beside its bytes; default 20000. */
  readonly transferMs?: number;
  /** ms until a group with a new target shows on the target; default 10000. */
  readonly appearDelayMs?: number;
  /** Connected for synchronous replication too, so that pods can be stretched over it; default false. */
  readonly isSync?: boolean;
  /** ms that an array takes to catch up with a pod; default 30000. */
  readonly resyncMs?: number;
}

/** Replication link between two arrays; carries both ways. */
export class Link {
  readonly a: ArrayState;
  readonly b: ArrayState;
  isUp = true;
  throughputBytesPerSecond: number;
  transferMs: number;
  appearDelayMs: number;
  isSync: boolean;
  /** For halves that begin to catch up from now on. */
  resyncMs: number;
  /** Transfers get no further than this share; undefined = they end. */
  stallAtProgress: number | undefined;

  constructor(a: ArrayState, b: ArrayState, options: LinkOptions) {
    this.a = a;
    this.b = b;
    this.throughputBytesPerSecond = options.throughputBytesPerSecond ?? 2 ** 30;
    this.transferMs = options.transferMs ?? 20_000;
    this.appearDelayMs = options.appearDelayMs ?? 10_000;
    this.isSync = options.isSync ?? false;
    this.resyncMs = options.resyncMs ?? 30_000;
  }

  /** ms that a transfer of `bytes` takes. */
  durationOf(bytes: number): number {
    return Math.max(1, Math.round(this.transferMs + (bytes / this.throughputBytesPerSecond) * 1000));
  }

  other(array: ArrayState): ArrayState {
    return array === this.a ? this.b : this.a;
  }
}
