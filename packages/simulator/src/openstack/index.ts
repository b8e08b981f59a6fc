export { Cloud } from "./cloud.ts";
export type { CloudDescription } from "./cloud-description.ts";
export type { BackendOptions, CloudOptions, CloudPorts, HostOptions } from "./cloud-options.ts";
export * from "./cloud-seed.ts";
export type { BootRecord, Guest } from "./guests/guest.ts";
export * from "./three-tier.ts";
