import type { StorageArray } from "./storage-array.ts";

/** How one array is reached. Secrets live only in memory. */
export interface ArrayAccess {
  /** What people call the array: stands in the message of a call that gets no answer. */
  readonly name?: string;
  /** Management URL, https; `mock://NAME` for an array of the driver `mock`. */
  readonly url: string;
  readonly apiToken: string;
  readonly tls: { readonly ca?: string; readonly insecure?: boolean };
}

/** What a driver can do; the engine asks before it plans. */
export interface StorageCapabilities {
  readonly asynchronousReplication: boolean;
  readonly synchronousReplication: boolean;
  /** Shortest replication interval in ms. */
  readonly shortestIntervalMs: number;
}

/** A kind of array. */
export interface StorageDriver {
  /** Name in configuration: `flasharray`, `mock`. */
  readonly name: string;
  readonly capabilities: StorageCapabilities;
  /** Opens no connection; the first call does. */
  connect(access: ArrayAccess): StorageArray;
}
