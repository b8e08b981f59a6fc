export type * from "./cloud.ts";
export type * from "./compute.ts";
export { connectCloud } from "./connect-cloud.ts";
export { isQuotaText } from "./failure-classes.ts";
export type * from "./identity.ts";
export type * from "./image.ts";
export type * from "./network.ts";
export type * from "./placement.ts";
export type * from "./volume.ts";
