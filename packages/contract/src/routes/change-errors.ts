import type { ErrorCode } from "../error-catalogue.ts";

/** Errors of every change of what people decided about a group. */
export const CHANGE_ERRORS = [
  "protection_group.not_found",
  "protection_group.not_primary",
  "protection_group.out_of_sync",
  "protection_group.busy",
  "protection_group.wrong_status",
  "peer.unreachable",
  "generation.conflict",
] as const satisfies readonly ErrorCode[];

/** Errors of everything that starts an operation. */
export const OPERATION_ERRORS = [
  "trust.login_required",
  "protection_group.busy",
] as const satisfies readonly ErrorCode[];
