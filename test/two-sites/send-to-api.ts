import type { FastifyInstance } from "fastify";
import type { HttpRequest, HttpResponse } from "../../packages/ports/src/index.ts";

/** Sends a request to an API of Protector that listens nowhere. */
export async function sendToApi(app: FastifyInstance, request: HttpRequest): Promise<HttpResponse> {
  const url = new URL(request.url);
  const answer = await app.inject({
    method: request.method as "GET",
    url: `${url.pathname}${url.search}`,
    headers: request.headers,
    ...(request.body === undefined ? {} : { payload: request.body }),
  });
  const headers = Object.entries(answer.headers).map(([name, value]) => [name, String(value)]);
  return { status: answer.statusCode, headers: Object.fromEntries(headers), body: answer.body };
}
