import { forbidden } from "../core/api-error.ts";
import type { Call } from "../core/call.ts";

/** @throws ApiError 403 with Keystone's text unless the caller is an administrator. */
export function requireAdmin(call: Call, rule: string): void {
  if (!call.caller.isAdmin) {
    throw forbidden(`You are not authorized to perform the requested action: identity:${rule}.`);
  }
}
