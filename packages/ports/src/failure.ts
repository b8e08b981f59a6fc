/**
 * What a failed outside call means for the one who made it.
 *
 * | class | meaning |
 * |---|---|
 * | `retryable` | passing trouble: the same call may succeed soon |
 * | `waiting` | nothing wrong with the call; something outside has to change first (service down, transfer running) |
 * | `needs_operator` | a person has to change rights, configuration or capacity; then the same call succeeds |
 * | `final` | the same call will never succeed |
 */
export type FailureClass = "retryable" | "waiting" | "needs_operator" | "final";

/** Whether the call that failed may have changed something all the same. */
export type Effect = "none" | "unknown";

/** Facts about a failed call to an outside service. */
export interface OutsideFailure {
  /** Service as people know it: `nova`, `cinder`, `neutron`, `glance`, `keystone`, `flasharray`. */
  readonly service: string;
  /** Method and path without query, e.g. `POST /servers`. */
  readonly call: string;
  /** HTTP status; undefined when no answer came. */
  readonly status: number | undefined;
  /** Host and port that answered: which of two sites it was. */
  readonly host?: string;
  /** Who was called, as people know him: a site, or its array; where whoever connected has said so. */
  readonly place?: string;
  /** Text that the service gave, as it gave it. */
  readonly detail: string;
  /** Request id that the service gave to the call. */
  readonly remoteRequestId: string | undefined;
  readonly failureClass: FailureClass;
  readonly effect: Effect;
}

/** A call to an outside service failed. */
export class OutsideError extends Error {
  override readonly name: string = "OutsideError";
  readonly failure: OutsideFailure;

  constructor(failure: OutsideFailure, options?: { cause?: unknown }) {
    const from = failure.host ? ` from ${failure.host}` : "";
    const silence = failure.place ? `no answer from ${failure.place}` : "no answer";
    const status = failure.status === undefined ? silence : `HTTP ${failure.status}${from}`;
    const id = failure.remoteRequestId ? ` (${failure.remoteRequestId})` : "";
    super(`${failure.service} ${failure.call}: ${status}: ${failure.detail}${id}`, options);
    this.failure = failure;
  }
}
