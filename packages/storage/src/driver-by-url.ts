import type { StorageDriver } from "./storage-driver.ts";

/** The drivers of one engine: `mock://NAME` leads to the mock, every other URL to a FlashArray. */
export function driverByUrl(drivers: {
  readonly flasharray: StorageDriver;
  readonly mock: StorageDriver;
}): Pick<StorageDriver, "connect"> {
  return { connect: (access) => drivers[access.url.startsWith("mock:") ? "mock" : "flasharray"].connect(access) };
}
