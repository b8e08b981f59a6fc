/** Service type in the catalog, in the version header and in error codes. */
export const SERVICE_TYPE = "protector";

/**
 * Every microversion of the API, oldest first. A change that a client can see adds a row; rows never change.
 * Rule: https://specs.openstack.org/openstack/api-sig/guidelines/microversion_specification.html
 */
export const MICROVERSIONS = [
  {
    version: "1.0",
    summary:
      "Sites, tenant mappings, protection groups (asynchronous, or in a pod), members, policies, mappings, recovery points, readiness with its history and accepted drift, health, sync, planned and unplanned failover, reprotection, failback, test failover and its promotion, reclaim, move home, replacement of the second site, kept snapshots, recovery plans, site failover, drill schedules, operations with signed reports.",
  },
] as const;

export const MIN_MICROVERSION = "1.0";
export const MAX_MICROVERSION = "1.0";

/** `X.Y` as numbers; undefined when the text is no microversion. */
export function parseMicroversion(text: string): { readonly major: number; readonly minor: number } | undefined {
  const match = /^(\d{1,4})\.(\d{1,4})$/.exec(text.trim());
  return match ? { major: Number(match[1]), minor: Number(match[2]) } : undefined;
}

/** Negative, zero or positive as `a` is older than, the same as or younger than `b`. Both must be `X.Y`. */
export function compareMicroversions(a: string, b: string): number {
  const [left, right] = [parseMicroversion(a), parseMicroversion(b)];
  if (!left || !right) throw new RangeError(`not a microversion: ${left ? b : a}`);
  return left.major - right.major || left.minor - right.minor;
}
