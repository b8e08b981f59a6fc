/** What is known of a message when it comes. */
export interface Delivery {
  /** As the client library decoded it: JSON bodies are objects. */
  readonly body: unknown;
  readonly headers: Readonly<Record<string, unknown>>;
  /** It was given out before, and whoever had it died or lost the connection. */
  readonly isRedelivered: boolean;
}

/** What to do with it. */
export type DeliveryDecision =
  | { readonly kind: "handle"; readonly operationId: string; readonly attempt: number }
  /** Put it back at the end with its attempts counted, so that a message that kills its reader is noticed. */
  | { readonly kind: "count"; readonly operationId: string; readonly attempt: number }
  | { readonly kind: "park"; readonly reason: string };

/** Header in which attempts are counted: classic queues do not count deliveries. */
export const ATTEMPT_HEADER = "x-protector-attempt";

/**
 * Decides what happens to a message.
 * @param mostAttempts deliveries after which it is parked.
 */
export function judgeDelivery(delivery: Delivery, mostAttempts: number): DeliveryDecision {
  const operationId = operationIdOf(delivery.body);
  if (operationId === undefined) return { kind: "park", reason: "it names no operation" };
  const counted = Number(delivery.headers[ATTEMPT_HEADER] ?? 1);
  const attempt = (Number.isFinite(counted) ? counted : 1) + (delivery.isRedelivered ? 1 : 0);
  if (attempt > mostAttempts) return { kind: "park", reason: `it failed ${mostAttempts} times` };
  return { kind: delivery.isRedelivered ? "count" : "handle", operationId, attempt };
}

/** The message's body. */
export function bodyOf(operationId: string): { readonly operation_id: string } {
  return { operation_id: operationId };
}

function operationIdOf(body: unknown): string | undefined {
  if (typeof body !== "object" || body === null) return undefined;
  const id: unknown = Reflect.get(body, "operation_id");
  return typeof id === "string" && /^[0-9a-f-]{36}$/.test(id) ? id : undefined;
}
