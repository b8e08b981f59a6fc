import { Agent, request as send } from "undici";
import type { HttpTransport, TlsOptions } from "./http.ts";
import { flatHeaders, transportFault } from "./transport-fault.ts";

/**
 * Real HTTP for services, which make many calls: kept-alive connections, one pool per way of checking certificates. To
 * load it takes 40 ms of CPU time; who makes a few calls takes {@link NodeTransport}.
 */
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
      return { status: answer.statusCode, headers: flatHeaders(answer.headers), body: await answer.body.text() };
    } catch (error) {
      if (request.signal?.aborted) throw request.signal.reason;
      throw transportFault(request, error, timeout.aborted);
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
