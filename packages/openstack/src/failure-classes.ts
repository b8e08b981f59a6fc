import type { Effect, FailureClass, HttpResponse } from "@protector/ports";

/** What an error answer of an OpenStack service means for the caller. */
export interface FailureVerdict {
  readonly failureClass: FailureClass;
  readonly effect: Effect;
}

/**
 * Texts by which Nova (403), Cinder (413 or 403) and Neutron (409) say that a quota is used up. Cinder sends
 * `Retry-After: 0` with it, so the text has to be looked at before the header.
 */
const QUOTA = /quota|overlimit|exceeds? (the )?(available|allowed|limit)|limit exceeded|maximum number of/i;

/**
 * Text by which Nova says (400) that Neutron has refused the token which Nova had just accepted: it ended between the two
 * (`NeutronAdminCredentialConfigurationInvalid` in `nova/exception.py`, seen on a cloud whose user's tokens were revoked).
 */
const TOKEN_ENDED_INSIDE = /networking client is experiencing an unauthorized exception/i;

/**
 * | status | class | effect |
 * |---|---|---|
 * | 401 (a fresh token was refused too), 403, 3xx | needs_operator | none |
 * | 409, 413 with a quota text | needs_operator | none |
 * | 413 with `Retry-After`, 429, 408 | retryable | none |
 * | 400 of a token that ended inside the cloud | retryable | unknown for writes |
 * | 501, 505, other 4xx, 409 included | final | none |
 * | 5xx | retryable | unknown for writes |
 */
export function classifyAnswer(answer: HttpResponse, isWrite: boolean): FailureVerdict {
  const { status } = answer;
  const isTokenEnded = status === 400 && TOKEN_ENDED_INSIDE.test(answer.body);
  if (isTokenEnded || (status >= 500 && status !== 501 && status !== 505)) {
    return { failureClass: "retryable", effect: isWrite ? "unknown" : "none" };
  }
  return { failureClass: classifyRefusal(answer), effect: "none" };
}

function classifyRefusal(answer: HttpResponse): FailureClass {
  switch (answer.status) {
    case 401:
    case 403:
      return "needs_operator";
    case 409:
      return QUOTA.test(answer.body) ? "needs_operator" : "final";
    case 413:
      if (QUOTA.test(answer.body)) return "needs_operator";
      return retryAfterMs(answer) === undefined ? "final" : "retryable";
    case 408:
    case 429:
      return "retryable";
    default:
      return answer.status < 400 ? "needs_operator" : "final";
  }
}

/** Whether a failure says that a quota is used up, whichever status the service chose for it. */
export function isQuotaText(detail: string): boolean {
  return QUOTA.test(detail);
}

/** `Retry-After` in ms when the service gave it in seconds (the only form that OpenStack services send). */
export function retryAfterMs(answer: HttpResponse): number | undefined {
  const value = answer.headers["retry-after"];
  return value !== undefined && /^\d+$/.test(value.trim()) ? Number(value) * 1000 : undefined;
}
