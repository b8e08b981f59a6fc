import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type Conditions, callService } from "./faults.ts";
import { encode } from "./in-process-transport.ts";
import type { SimulatedService } from "./service.ts";

/** Certificate and key of a service that speaks HTTPS, PEM text. */
export interface ServerCertificate {
  readonly cert: string;
  readonly key: string;
}

/**
 * Serves a simulated service on its own origin over real HTTP (HTTPS when the origin says so and a certificate is given).
 * A failure of the service itself is answered with 500 and its message.
 * @returns a function that stops listening and drops open connections.
 */
export async function listen(
  conditions: Conditions,
  service: SimulatedService,
  certificate?: ServerCertificate,
): Promise<() => Promise<void>> {
  const url = new URL(service.origin);
  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const target = new URL(incoming.url ?? "/", service.origin);
    const outcome = await callService(conditions, service, {
      method: incoming.method ?? "GET",
      path: target.pathname,
      query: target.searchParams,
      headers: headersOf(incoming),
      body: await bodyOf(incoming),
    });
    if (outcome.kind === "unreachable") return void incoming.socket.destroy();
    if (outcome.kind === "silent") return;
    const { status, headers, body } = encode(outcome.response);
    outgoing.writeHead(status, headers).end(incoming.method === "HEAD" ? undefined : body);
  };
  const serve = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    answer(incoming, outgoing).catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      outgoing.writeHead(500, { "content-type": "application/json" }).end(JSON.stringify({ message }));
    });
  };
  const server = url.protocol === "https:" ? createHttpsServer({ ...certificate }, serve) : createHttpServer(serve);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(Number(url.port || (url.protocol === "https:" ? 443 : 80)), url.hostname, resolve);
  });
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
}

function headersOf(incoming: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return headers;
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
