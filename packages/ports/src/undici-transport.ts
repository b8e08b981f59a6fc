import { Agent, request as send } from "undici";
import {
  type HttpRequest,
  type HttpResponse,
  type HttpTransport,
  HttpTransportError,
  type TlsOptions,
} from "./http.ts";

/** Errors of the socket or the resolver that come before a byte of the request has left. */
const BEFORE_SENDING = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "CERT_HAS_EXPIRED",
  "ERR_TLS_CERT_ALTNAME_INVALID",
]);

/** Real HTTP with kept-alive connections, one pool per way of checking certificates. */
export class UndiciTransport {
  readonly #agents = new Map<string, Agent>();

  readonly send: HttpTransport = async (request) => {
    const timeout = AbortSignal.timeout(request.timeoutMs);
    const signal = request.signal ? AbortSignal.any([timeout, request.signal]) : timeout;
    try {
      const answer = await send(request.url, {
        method: request.method as "GET",
        headers: request.headers,
        body: request.body ?? null,
        dispatcher: this.#agent(request.tls),
        signal,
      });
      return { status: answer.statusCode, headers: flatten(answer.headers), body: await answer.body.text() };
    } catch (error) {
      if (request.signal?.aborted) throw request.signal.reason;
      throw transportError(request, error, timeout.aborted);
    }
  };

  /** Closes every kept-alive connection. */
  async close(): Promise<void> {
    await Promise.all([...this.#agents.values()].map((agent) => agent.close()));
    this.#agents.clear();
  }

  #agent(tls: TlsOptions | undefined): Agent {
    const key = JSON.stringify([tls?.ca ?? null, tls?.insecure ?? false]);
    let agent = this.#agents.get(key);
    if (!agent) {
      agent = new Agent({
        connect: {
          ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
          rejectUnauthorized: !tls?.insecure,
          timeout: 10_000,
        },
        keepAliveTimeout: 4_000,
      });
      this.#agents.set(key, agent);
    }
    return agent;
  }
}

function flatten(headers: Record<string, string | string[] | undefined>): HttpResponse["headers"] {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name.toLowerCase()] = Array.isArray(value) ? value.join(", ") : value;
  }
  return flat;
}

function transportError(request: HttpRequest, error: unknown, timedOut: boolean): HttpTransportError {
  const where = `${request.method} ${request.url.split("?")[0]}`;
  if (timedOut) {
    return new HttpTransportError("interrupted", `${where}: no answer within ${request.timeoutMs} ms`, {
      cause: error,
    });
  }
  const code = errorCode(error);
  const fault = BEFORE_SENDING.has(code) ? "unreachable" : "interrupted";
  return new HttpTransportError(fault, `${where}: ${code || (error as Error).message}`, { cause: error });
}

function errorCode(error: unknown): string {
  if (error instanceof AggregateError && error.errors[0]) return errorCode(error.errors[0]);
  return (error as { code?: string }).code ?? "";
}
