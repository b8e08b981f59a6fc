import type { StorageDriver } from "../storage-driver.ts";
import { MockArray } from "./mock-array.ts";
import type { MockPorts } from "./mock-store.ts";

export type { MockPorts } from "./mock-store.ts";

/**
 * Arrays that are only files, for labs without arrays: groups, points, replication, markers and clones behave as on a real
 * array, but no data is kept nor sent. Cinder's own volumes hold the data; see `StorageArray.holdsData`.
 */
export function mockDriver(ports: MockPorts): StorageDriver {
  return {
    name: "mock",
    capabilities: {
      asynchronousReplication: true,
      synchronousReplication: true,
      shortestIntervalMs: 60_000,
    },
    connect: ({ url }) => new MockArray(ports, new URL(url).hostname),
  };
}
