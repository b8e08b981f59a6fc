import { GROUP_ERRORS } from "./error-catalogue-groups.ts";
import { OPERATION_ERRORS } from "./error-catalogue-operations.ts";
import { POD_ERRORS } from "./error-catalogue-pods.ts";
import { RECOVERY_PLAN_ERRORS } from "./error-catalogue-recovery-plans.ts";
import { REQUEST_ERRORS } from "./error-catalogue-requests.ts";
import { SITE_ERRORS } from "./error-catalogue-sites.ts";
import { SURROUNDINGS_ERRORS } from "./error-catalogue-surroundings.ts";

/**
 * Every error that Protector gives: over the API, in operations and in the client. Codes are never changed nor reused.
 * On the wire they carry the service type in front: `protector.peer.unreachable`.
 */
export const ERROR_CATALOGUE = {
  ...REQUEST_ERRORS,
  ...SITE_ERRORS,
  ...GROUP_ERRORS,
  ...POD_ERRORS,
  ...RECOVERY_PLAN_ERRORS,
  ...OPERATION_ERRORS,
  ...SURROUNDINGS_ERRORS,
} as const;

/** A code of the catalogue, without the service type. */
export type ErrorCode = keyof typeof ERROR_CATALOGUE;
