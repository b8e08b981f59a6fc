import type { Random } from "@protector/ports";

const REQUEST_ID = /^req-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** A new id for a request, in the form of oslo.middleware. */
export function newRequestId(random: Random): string {
  return `req-${random.uuid()}`;
}

/** The caller's own id for the request, when it has the form that oslo.middleware accepts. It never replaces ours. */
export function globalRequestId(header: string | undefined): string | undefined {
  return header !== undefined && REQUEST_ID.test(header) ? header : undefined;
}
