import { Agent, request as send } from "undici";
import { guardedLookup } from "./guarded-lookup.ts";
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
    const { tls, isAddressAllowed } = request;
    // A guarded connection is used for its own request alone: another one may have another guard.
    const dispatcher = isAddressAllowed ? newAgent(tls, isAddressAllowed) : this.#agent(tls);
    try {
      const answer = await send(request.url, {
        method: request.method as "GET",
        headers: request.headers,
        body: request.body ?? null,
        dispatcher,
        signal,
      });
      return { status: answer.statusCode, headers: flatHeaders(answer.headers), body: await answer.body.text() };
    } catch (error) {
      if (request.signal?.aborted) throw request.signal.reason;
      throw transportFault(request, error, timeout.aborted);
    } finally {
      if (isAddressAllowed) await dispatcher.destroy();
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
      agent = newAgent(tls);
      this.#agents.set(key, agent);
    }
    return agent;
  }
}

function newAgent(tls: TlsOptions | undefined, isAddressAllowed?: (address: string) => boolean): Agent {
  return new Agent({
    connect: {
      ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
      rejectUnauthorized: !tls?.insecure,
      timeout: 10_000,
      ...(isAddressAllowed ? { lookup: guardedLookup(isAddressAllowed) } : {}),
    },
    keepAliveTimeout: 4_000,
  });
}
