import { type Finding, warning } from "./finding.ts";

/** Days before the end of a credential from which on it is told. */
const TOLD_DAYS = 14;
const DAY_MS = 24 * 3600 * 1000;

/** Something that works now and has an end. */
export interface Expiring {
  readonly check: "credential.expires" | "trust.expires" | "array_token.expires";
  readonly siteName: string;
  /** What ends, for people, as a sentence begins: `The password of protector`. */
  readonly what: string;
  /** ISO 8601; undefined = never. */
  readonly endsAt: string | undefined;
  readonly remedy: string;
}

/** Credentials and trusts that end soon; those without an end are fine. */
export function checkExpiry(expiring: readonly Expiring[], now: number): readonly Finding[] {
  return expiring.flatMap(({ check, siteName, what, endsAt, remedy }) => {
    if (endsAt === undefined) return [];
    const days = Math.floor((Date.parse(endsAt) - now) / DAY_MS);
    if (days >= TOLD_DAYS) return [];
    const left = days < 1 ? "within a day" : days === 1 ? "in 1 day" : `in ${days} days`;
    const reason = `${what} ends ${left} (${endsAt}): without it nothing can be recovered.`;
    return [warning({ check, subject: siteName, reason, remedy })];
  });
}
