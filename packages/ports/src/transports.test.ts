import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { HttpRequest } from "./http.ts";
import { NodeTransport } from "./node-transport.ts";
import { UndiciTransport } from "./undici-transport.ts";

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

describe.each([
  ["NodeTransport", NodeTransport],
  ["UndiciTransport", UndiciTransport],
] as const)("%s", (_, Transport) => {
  const transportOf = () => {
    const transport = new Transport();
    open.push(transport);
    return transport.send;
  };

  it("sends method, path, headers and body, and gives the whole answer", async () => {
    const url = await serve((request, response) => {
      let body = "";
      request.on("data", (part) => {
        body += part;
      });
      request.on("end", () => {
        response.writeHead(201, { "X-Subject-Token": "t", "Set-Cookie": ["a=1", "b=2"] });
        const { method, url: path, headers } = request;
        response.end(JSON.stringify({ method, path, type: headers["content-type"], body }));
      });
    });
    const request = { method: "POST", headers: { "content-type": "text/plain" }, body: "grüße", timeoutMs: 5000 };
    const answer = await transportOf()({ ...request, url: `${url}/v3?a=b` });
    expect(answer).toMatchObject({ status: 201, headers: { "x-subject-token": "t", "set-cookie": "a=1, b=2" } });
    expect(JSON.parse(answer.body)).toEqual({
      method: "POST",
      path: "/v3?a=b",
      type: "text/plain",
      body: "grüße",
    });
  });

  it("does not follow a redirect", async () => {
    const url = await serve((_, response) => response.writeHead(302, { location: "/elsewhere" }).end());
    expect(await transportOf()(get(url))).toMatchObject({ status: 302, headers: { location: "/elsewhere" } });
  });

  it("keeps a connection for calls that follow each other", async () => {
    const ports = new Set<number | undefined>();
    const url = await serve((request, response) => {
      ports.add(request.socket.remotePort);
      response.end("{}");
    });
    const send = transportOf();
    for (let call = 0; call < 3; call += 1) await send(get(url));
    expect(ports.size).toBeLessThan(3);
  });

  it("says unreachable when nothing listens", async () => {
    const url = await serve((_, response) => response.end());
    await open.splice(0)[0]?.close();
    await expect(transportOf()(get(`${url}/v1?token=secret`))).rejects.toMatchObject({
      name: "HttpTransportError",
      fault: "unreachable",
      message: `GET ${url}/v1: ECONNREFUSED`,
    });
  });

  it("says interrupted when the connection is cut before or within the answer", async () => {
    const before = await serve((request) => request.socket.destroy());
    const within = await serve((_, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("half", () => response.destroy());
    });
    const send = transportOf();
    for (const url of [before, within])
      await expect(send(get(url))).rejects.toMatchObject({ name: "HttpTransportError", fault: "interrupted" });
  });

  it("says interrupted when the answer takes longer than the request may", async () => {
    const url = await serve(() => {});
    await expect(transportOf()({ ...get(url), timeoutMs: 20 })).rejects.toMatchObject({
      fault: "interrupted",
      message: `GET ${url}: no answer within 20 ms`,
    });
  });

  it("ends with the caller's own reason when the caller gives up", async () => {
    const controller = new AbortController();
    const url = await serve(() => controller.abort(new Error("interrupted by Ctrl-C")));
    await expect(transportOf()({ ...get(url), signal: controller.signal })).rejects.toThrow("interrupted by Ctrl-C");
  });
});

function get(url: string): HttpRequest {
  return { method: "GET", url, headers: {}, timeoutMs: 5000 };
}

function serve(listener: RequestListener): Promise<string> {
  return listening(createServer(listener));
}

async function listening(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  open.push({ close: () => closed(server) });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function closed(server: Server): Promise<unknown> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
}

describe("a request that says where it may go", () => {
  it("is not sent when its name leads somewhere else, and is sent when it does not", async () => {
    const asked: string[] = [];
    const url = (await serve((_, response) => response.end("{}"))).replace("127.0.0.1", "localhost");
    const transport = new UndiciTransport();
    open.push(transport);
    const guarded = (isAllowed: boolean) => ({
      ...get(url),
      isAddressAllowed: (address: string) => {
        asked.push(address);
        return isAllowed;
      },
    });
    await expect(transport.send(guarded(false))).rejects.toMatchObject({ fault: "unreachable" });
    expect(asked[0]).toMatch(/^(127\.0\.0\.1|::1)$/);
    expect(await transport.send(guarded(true))).toMatchObject({ status: 200 });
    await expect(new NodeTransport().send(guarded(true))).rejects.toThrow("cannot look at addresses");
  });
});
