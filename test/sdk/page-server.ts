import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A web server as a dashboard has one: a page, and the API of a site under the page's own origin. */
export interface PageServer {
  readonly origin: string;
  /** What the page sends as its result. */
  readonly result: Promise<string>;
  /** Sets what `/` answers. */
  serve(html: string): void;
  close(): void;
}

/** @param api origin of a `protector-api`. */
export async function startPageServer(api: string): Promise<PageServer> {
  const result = Promise.withResolvers<string>();
  let page = "";
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { url = "/", method = "GET" } = request;
    if (url === "/") return response.setHeader("content-type", "text/html").end(page);
    if (url === "/result") {
      let body = "";
      for await (const part of request) body += part;
      result.resolve(body);
      return response.end();
    }
    if (!url.startsWith("/v1/")) return response.writeHead(404).end();
    const headers = { "x-auth-token": String(request.headers["x-auth-token"]) };
    const answered = await fetch(`${api}${url}`, { method, headers });
    return response.writeHead(answered.status, { "content-type": "application/json" }).end(await answered.text());
  };
  const server = createServer(answer);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    result: result.promise,
    serve: (html) => {
      page = html;
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
