import type { ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import type { Agent as TlsAgent } from "node:https";
import type { HttpRequest, HttpResponse, HttpTransport, TlsOptions } from "./http.ts";
import { flatHeaders, transportFault } from "./transport-fault.ts";

// An import would read every export to make a module of it, `WebSocket` among them, which loads a second HTTP client: 40 ms; TLS is
// loaded by who needs it.
const http = () => process.getBuiltinModule("node:http");
const https = () => process.getBuiltinModule("node:https");

/** Until the connection stands, its certificate checked. ms */
const CONNECT_MS = 10_000;
/** Services close connections that idle for 5 s; ours are given up before. ms */
const IDLE_MS = 4_000;

/**
 * Real HTTP for programs that make a few calls and end: with what Node.js has loaded already. Connections are kept for
 * the next call.
 * @see UndiciTransport for services.
 */
export class NodeTransport {
  readonly #plain = new (http().Agent)({ keepAlive: true, timeout: IDLE_MS });
  readonly #tls = new Map<string, TlsAgent>();

  readonly send: HttpTransport = async (request) => {
    if (request.isAddressAllowed) throw new Error("this transport cannot look at addresses: take UndiciTransport");
    const timeout = AbortSignal.timeout(request.timeoutMs);
    const signal = request.signal ? AbortSignal.any([timeout, request.signal]) : timeout;
    try {
      return await this.#exchange(request, signal);
    } catch (error) {
      if (request.signal?.aborted) throw request.signal.reason;
      throw transportFault(request, error, timeout.aborted);
    }
  };

  /** Closes every kept-alive connection. */
  async close(): Promise<void> {
    for (const agent of [this.#plain, ...this.#tls.values()]) agent.destroy();
    this.#tls.clear();
  }

  #exchange({ url, method, headers, body, tls }: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
    const isTls = url.startsWith("https:");
    const options: RequestOptions = { method, headers, signal, agent: isTls ? this.#tlsAgent(tls) : this.#plain };
    return new Promise((resolve, reject) => {
      const call = isTls ? https().request(url, options) : http().request(url, options);
      call.on("error", reject);
      call.once("response", (answer) => readAnswer(answer).then(resolve, reject));
      limitConnecting(call, isTls ? "secureConnect" : "connect");
      call.end(body);
    });
  }

  #tlsAgent({ ca, insecure = false }: TlsOptions = {}): TlsAgent {
    const key = JSON.stringify([ca ?? null, insecure]);
    let agent = this.#tls.get(key);
    if (!agent) {
      const checks = { rejectUnauthorized: !insecure, ...(ca === undefined ? {} : { ca }) };
      agent = new (https().Agent)({ keepAlive: true, timeout: IDLE_MS, ...checks });
      this.#tls.set(key, agent);
    }
    return agent;
  }
}

async function readAnswer(answer: IncomingMessage): Promise<HttpResponse> {
  let body = "";
  for await (const part of answer.setEncoding("utf8")) body += part;
  return { status: answer.statusCode ?? 0, headers: flatHeaders(answer.headers), body };
}

/** An address that swallows packets is known as unreachable before the request's own time is over. */
function limitConnecting(call: ClientRequest, connected: "connect" | "secureConnect"): void {
  call.once("socket", (socket) => {
    if (!socket.connecting) return;
    const timer = setTimeout(() => {
      call.destroy(Object.assign(new Error(`no connection within ${CONNECT_MS} ms`), { code: "ERR_CONNECT_TIMEOUT" }));
    }, CONNECT_MS);
    const stop = () => clearTimeout(timer);
    socket.once(connected, stop);
    call.once("close", stop);
  });
}
