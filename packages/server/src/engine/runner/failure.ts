import { type ErrorCode, ProtectorError, toErrorItem } from "@protector/contract";
import { type Effect, type FailureClass, OutsideError } from "@protector/ports";
import { Silence } from "../world/within.ts";
import { StepTimeout } from "./step-handler.ts";

/** What an error means for the step that threw it. */
export interface StepFailure {
  readonly failureClass: FailureClass;
  /** Whether the call may have taken effect all the same. */
  readonly effect: Effect;
  readonly error: ProtectorError;
}

/** Which catalogue code a refusal of the array carries, by failure class. */
const STORAGE_CODES: Readonly<Record<FailureClass, ErrorCode>> = {
  retryable: "storage.unreachable",
  waiting: "storage.unreachable",
  needs_operator: "storage.credentials",
  final: "storage.refused",
};

/** A mock array has no credentials: what a person has to cure is its file. */
const MOCK_CODES: Readonly<Record<FailureClass, ErrorCode>> = { ...STORAGE_CODES, needs_operator: "storage.refused" };

const CODES_OF: Readonly<Record<string, Readonly<Record<FailureClass, ErrorCode>>>> = {
  flasharray: STORAGE_CODES,
  mock: MOCK_CODES,
};

const CLOUD_CODES: Readonly<Record<FailureClass, ErrorCode>> = {
  retryable: "cloud.unreachable",
  waiting: "cloud.unreachable",
  needs_operator: "cloud.forbidden",
  final: "cloud.refused",
};

/** Catalogue codes whose cause a person or time can remove; every other code is final for the step. */
const CURABLE: Readonly<Partial<Record<ErrorCode, FailureClass>>> = {
  "trust.unusable": "needs_operator",
  "quota.exceeded": "needs_operator",
  "capacity.unavailable": "needs_operator",
  "cloud.unreachable": "waiting",
  "storage.unreachable": "waiting",
  "database.unavailable": "waiting",
  "commit_window.open": "waiting",
  "marker.held": "waiting",
  "step.timed_out": "waiting",
  "test.in_the_way": "waiting",
};

/** Puts any error into the catalogue and says what it means. */
export function failureOf(error: unknown): StepFailure {
  if (error instanceof OutsideError) {
    const { failure } = error;
    const codes = CODES_OF[failure.service] ?? CLOUD_CODES;
    return {
      failureClass: failure.failureClass,
      effect: failure.effect,
      error: new ProtectorError(outsideCode(error, codes[failure.failureClass]), error.message, { cause: error }),
    };
  }
  if (error instanceof StepTimeout) {
    return {
      failureClass: "waiting",
      effect: "unknown",
      error: new ProtectorError("step.timed_out", error.message, { cause: error }),
    };
  }
  if (error instanceof Silence) {
    return {
      failureClass: "waiting",
      effect: "unknown",
      error: new ProtectorError("cloud.unreachable", `${error.message}.`, { cause: error }),
    };
  }
  if (error instanceof ProtectorError) {
    return { failureClass: CURABLE[error.code] ?? "final", effect: "unknown", error };
  }
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { failureClass: "final", effect: "unknown", error: new ProtectorError("internal", message, { cause: error }) };
}

function outsideCode(error: OutsideError, usual: ErrorCode): ErrorCode {
  const { service, status, detail } = error.failure;
  if (status === 401) return service === "flasharray" ? "storage.credentials" : "cloud.credentials";
  if (/quota/i.test(detail) && (status === 403 || status === 409 || status === 413)) return "quota.exceeded";
  return usual;
}

/** A failure as the row of a step or an operation holds it. */
export function failureItem(failure: StepFailure, requestId: string) {
  return toErrorItem(failure.error, requestId);
}
