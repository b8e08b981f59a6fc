export { driverByUrl } from "./driver-by-url.ts";
export { type FlashArrayPorts, flashArrayDriver } from "./flasharray/index.ts";
export { type MockPorts, mockDriver } from "./mock/index.ts";

export { arrayGroupName, isSameMarker, markerName, parseMarkerName, podOf, pointsOf, shortGroupId } from "./names.ts";

export type * from "./storage-array.ts";
export type { ArrayAccess, StorageCapabilities, StorageDriver } from "./storage-driver.ts";
