import type { FailureClass, HttpResponse, HttpTransportError } from "@protector/ports";
import { FlashArrayError } from "./array-error.ts";

/** What no answer asks for. A certificate that is not trusted stays so until somebody changes the configuration. */
export function silenceClass(error: HttpTransportError): FailureClass {
  if (isCertificateTrouble(error)) return "needs_operator";
  return error.fault === "unreachable" ? "waiting" : "retryable";
}

/** Whether the server was there but its certificate was not accepted. */
export function isCertificateTrouble(error: HttpTransportError): boolean {
  return error.fault === "unreachable" && /CERT|VERIFY_LEAF/.test(error.message.split(": ").at(-1) ?? "");
}

/** What a status says whatever the text; undefined when the text decides. */
export function statusClass(status: number): FailureClass | undefined {
  if (status === 401 || status === 403) return "needs_operator";
  if (status === 429 || status === 500) return "retryable";
  if (status > 500) return "waiting";
  return undefined;
}

/** The body of a good answer; undefined when it is empty. @throws FlashArrayError when it is no JSON. */
export function parseAnswer(call: string, response: HttpResponse): unknown {
  if (response.body.trim() === "") return undefined;
  const body = parseJson(response.body);
  if (body !== undefined) return body;
  throw new FlashArrayError(
    {
      call,
      status: response.status,
      detail: "the answer is not JSON",
      remoteRequestId: response.headers["x-request-id"],
      failureClass: "retryable",
      effect: call.startsWith("GET ") ? "none" : "unknown",
    },
    "unknown",
  );
}

/** The parsed text; undefined when it is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

interface Complaint {
  readonly context: string | null;
  readonly message: string;
}

/** Entries of `{"errors":[{context, message}]}`, or of a gateway's `{"message"}`. */
export function messagesOf(body: string): readonly Complaint[] {
  const parsed = parseJson(body) as { errors?: unknown; message?: unknown } | undefined | null;
  if (Array.isArray(parsed?.errors)) {
    return parsed.errors.map((entry: { context?: string | null; message?: string }) => ({
      context: entry.context ?? null,
      message: entry.message ?? "",
    }));
  }
  return typeof parsed?.message === "string" ? [{ context: null, message: parsed.message }] : [];
}
