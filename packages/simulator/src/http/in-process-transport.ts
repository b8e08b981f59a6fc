import { type HttpResponse, type HttpTransport, HttpTransportError } from "@protector/ports";
import { type Conditions, callService } from "./faults.ts";
import type { SimulatedResponse, SimulatedService } from "./service.ts";

/** Why a call's time limit is given up: made once, since an error costs the look at the stack. */
const ANSWERED = new Error("answered");

/**
 * Reaches simulated services without sockets, so that a whole world can live under a virtual clock.
 * Statuses, timeouts and lost answers look exactly as over real HTTP.
 */
export function inProcessTransport(conditions: Conditions, services: readonly SimulatedService[]): HttpTransport {
  const byOrigin = new Map(services.map((service) => [service.origin, service]));
  return async (request) => {
    const url = new URL(request.url);
    const where = `${request.method} ${url.origin}${url.pathname}`;
    const service = byOrigin.get(url.origin);
    if (!service) throw new HttpTransportError("unreachable", `${where}: ECONNREFUSED`);
    const answered = callService(conditions, service, {
      method: request.method,
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: request.body ?? "",
    });
    const done = new AbortController();
    const signal = request.signal ? AbortSignal.any([done.signal, request.signal]) : done.signal;
    const expiry = conditions.clock.sleep(request.timeoutMs, signal).then(
      () => "expired" as const,
      () => "stopped" as const,
    );
    const outcome = await Promise.race([answered, expiry]);
    if (outcome !== "expired" && outcome !== "stopped" && outcome.kind !== "silent") {
      done.abort(ANSWERED);
      if (outcome.kind === "unreachable") throw new HttpTransportError("unreachable", `${where}: ECONNREFUSED`);
      return encode(outcome.response);
    }
    answered.catch(() => {});
    if ((await expiry) === "stopped") throw request.signal?.reason;
    throw new HttpTransportError("interrupted", `${where}: no answer within ${request.timeoutMs} ms`);
  };
}

/** A simulated answer as bytes on the wire would arrive. */
export function encode(response: SimulatedResponse): HttpResponse {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.headers ?? {})) headers[name.toLowerCase()] = value;
  if (response.body === undefined) return { status: response.status, headers, body: "" };
  if (typeof response.body === "string") return { status: response.status, headers, body: response.body };
  return {
    status: response.status,
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(response.body),
  };
}
