export { Cloud } from "./cloud.ts";
export type { CloudDescription } from "./cloud-description.ts";
export {
  type BackendOptions,
  type CloudOptions,
  type CloudPorts,
  DEFAULT_COMPUTE_DURATIONS,
  DEFAULT_VOLUME_DURATIONS,
  type HostOptions,
  type SyncDeviceOptions,
} from "./cloud-options.ts";
export * from "./cloud-seed.ts";
export type { BootRecord, Guest } from "./guests/guest.ts";
export * from "./three-tier.ts";
