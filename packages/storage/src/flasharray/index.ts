import type { StorageDriver } from "../storage-driver.ts";
import { FlashArray } from "./flasharray.ts";
import { ArraySession, type FlashArrayPorts } from "./session.ts";

export type { FlashArrayPorts } from "./session.ts";

/** Shortest replication interval of most models; a few small ones start at 15 minutes and refuse less by themselves. */
const SHORTEST_INTERVAL_MS = 300_000;

/** Pure Storage FlashArray with asynchronous protection groups over REST 2.4 and later. */
export function flashArrayDriver(ports: FlashArrayPorts): StorageDriver {
  return {
    name: "flasharray",
    capabilities: {
      asynchronousReplication: true,
      synchronousReplication: true,
      shortestIntervalMs: SHORTEST_INTERVAL_MS,
    },
    connect: (access) => new FlashArray(new ArraySession(ports, access)),
  };
}
