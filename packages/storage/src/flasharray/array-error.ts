import { type FailureClass, OutsideError, type OutsideFailure } from "@protector/ports";
import type { Refusal } from "./messages.ts";

export const SERVICE = "flasharray";

/** A refusal of the array with what its message means. */
export class FlashArrayError extends OutsideError {
  readonly refusal: Refusal;

  constructor(failure: Omit<OutsideFailure, "service">, refusal: Refusal, options?: { cause?: unknown }) {
    super({ service: SERVICE, ...failure }, options);
    this.refusal = refusal;
  }
}

/** A refusal of the driver itself: nothing was sent, or what was read back is not what must be. */
export function refuse(call: string, detail: string, failureClass: FailureClass = "final"): OutsideError {
  return new OutsideError({
    service: SERVICE,
    call,
    status: undefined,
    detail,
    remoteRequestId: undefined,
    failureClass,
    effect: "none",
  });
}

/** Whether the array refused for one of these reasons. */
export function isRefusal(error: unknown, ...refusals: readonly Refusal[]): error is FlashArrayError {
  return error instanceof FlashArrayError && refusals.includes(error.refusal);
}

/** The call's answer, or undefined when the array refused for one of these reasons. @throws every other failure. */
export async function unless<T>(call: Promise<T>, ...refusals: readonly Refusal[]): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isRefusal(error, ...refusals)) return undefined;
    throw error;
  }
}
