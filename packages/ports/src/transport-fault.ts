import { ADDRESS_REFUSED } from "./address-refused.ts";
import { type HttpRequest, HttpTransportError } from "./http.ts";

const UNTRUSTED =
  "the certificate's authority is not known here. Name its file: cacert in clouds.yaml, cafile or ssl_ca_file in protector.conf";

/** What is wrong with a certificate, in words. */
const CERTIFICATE_FAULTS: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  CERT_HAS_EXPIRED: "the certificate has expired: renew it there, or correct the clock of this machine",
  ERR_TLS_CERT_ALTNAME_INVALID: "the certificate is for another name: use one of those that it names",
};

/** Errors of the socket, the resolver or the check of a certificate that come before a byte of the request has left. */
const BEFORE_SENDING = new Set([
  ADDRESS_REFUSED,
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
  "ERR_CONNECT_TIMEOUT",
  ...Object.keys(CERTIFICATE_FAULTS),
]);

/**
 * What a failed exchange means.
 * @param isTimedOut the whole request took longer than it may.
 */
export function transportFault(request: HttpRequest, error: unknown, isTimedOut: boolean): HttpTransportError {
  const where = `${request.method} ${request.url.split("?")[0]}`;
  if (isTimedOut) {
    const text = `${where}: no answer within ${request.timeoutMs} ms`;
    return new HttpTransportError("interrupted", text, { cause: error });
  }
  const code = errorCode(error);
  const fault = BEFORE_SENDING.has(code) ? "unreachable" : "interrupted";
  const words = CERTIFICATE_FAULTS[code];
  const told = words === undefined ? code || (error as Error).message : `${code}: ${words}`;
  return new HttpTransportError(fault, `${where}: ${told}`, { cause: error });
}

/** Header names in lower case; a header that came several times as one. */
export function flatHeaders(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name.toLowerCase()] = Array.isArray(value) ? value.join(", ") : value;
  }
  return flat;
}

function errorCode(error: unknown): string {
  if (error instanceof AggregateError && error.errors[0]) return errorCode(error.errors[0]);
  return (error as { code?: string }).code ?? "";
}
