import { MIN_MICROVERSION, ProtectorError, ROUTES, type Route, type RouteName } from "@protector/contract";
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { unauthorizedAnswer } from "../keystone/index.ts";
import { createHandlers } from "./handlers.ts";
import { VERSION_HEADER } from "./http/api-version.ts";
import { errorBody, toProtectorError } from "./http/error-answer.ts";
import { registerHealthcheck } from "./http/healthcheck.ts";
import { notFoundError } from "./http/not-found.ts";
import { globalRequestId, newRequestId } from "./http/request-id.ts";
import { type AnyHandler, handleRequest } from "./pipeline.ts";
import type { ApiPorts } from "./ports.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Ours; the caller's own is `globalRequestId`. */
    requestId: string;
    globalRequestId: string | undefined;
    /** The microversion that is executed. */
    apiVersion: string;
  }
}

/** Routes whose bodies are documents or whole sets, far larger than what people type. */
const LARGE_BODIES: ReadonlySet<RouteName> = new Set([
  "sync.update",
  "sync.force",
  "mappings.update",
  "mappings.update_defaults",
  "mappings.suggest",
  "mappings.suggest_defaults",
]);

/**
 * The REST API of a site, ready for `listen` or `inject`. It talks to the ports only. Identity headers of a request
 * (`X-User-Id`, `X-Roles`, …) are never read: who the caller is comes from his token alone.
 */
export function createApi(ports: ApiPorts): FastifyInstance {
  const { settings, random, log } = ports;
  const app = Fastify({
    logger: false,
    bodyLimit: settings.maxBodyBytes,
    exposeHeadRoutes: false,
    requestTimeout: 0,
    return503OnClosing: true,
    routerOptions: { maxParamLength: 255, ignoreTrailingSlash: false },
    frameworkErrors: (error, request, reply) => {
      decorate(request);
      answerError(request, reply, error);
    },
  });

  const decorate = (request: FastifyRequest) => {
    request.requestId = newRequestId(random);
    request.globalRequestId = globalRequestId(headerOf(request, "x-openstack-request-id"));
    request.apiVersion = MIN_MICROVERSION;
  };
  const answerError = (request: FastifyRequest, reply: FastifyReply, thrown: unknown) => {
    const error = toProtectorError(thrown);
    if (error.status >= 500)
      log.error({ ...idsOf(request), err: error.cause ?? error }, `API request failed: ${error.code}`);
    setCommonHeaders(request, reply);
    if (error.code === "authentication.required") {
      const { status, headers, body } = unauthorizedAnswer(settings.wwwAuthenticateUri);
      return reply.code(status).headers(headers).send(body);
    }
    return reply.code(error.status).send(errorBody(error, request.requestId));
  };

  acceptJsonOnly(app);
  app.addHook("onRequest", async (request) => decorate(request));
  app.addHook("onSend", async (request, reply) => setCommonHeaders(request, reply));
  app.addHook("onResponse", async (request, reply) => {
    const took = Math.round(reply.elapsedTime);
    log.info(
      {
        ...idsOf(request),
        project_id: projectOf(request),
        method: request.method,
        path: pathOf(request),
        status: reply.statusCode,
        ms: took,
      },
      "API request answered",
    );
  });
  app.setErrorHandler((error: FastifyError, request, reply) => answerError(request, reply, error));
  app.setNotFoundHandler((request, reply) => {
    const { error, allow } = notFoundError(request.method, pathOf(request));
    if (allow) void reply.header("allow", allow.join(", "));
    return answerError(request, reply, error);
  });
  registerHealthcheck(app, settings);
  registerRoutes(app, ports);
  return app;
}

function registerRoutes(app: FastifyInstance, ports: ApiPorts): void {
  const handlers = createHandlers(ports) as unknown as Readonly<Record<RouteName, AnyHandler>>;
  for (const [name, route] of Object.entries(ROUTES) as [RouteName, Route][]) {
    const url = route.path.replaceAll(/\{(\w+)\}/g, ":$1");
    const options = {
      method: route.method,
      ...(LARGE_BODIES.has(name) ? { bodyLimit: ports.settings.maxDocumentBytes } : {}),
      handler: (request: FastifyRequest, reply: FastifyReply) =>
        handleRequest({ ports, route, handler: handlers[name] }, request, reply),
    };
    app.route({ ...options, url });
    if (name === "versions.show") app.route({ ...options, url: `${url}/` });
  }
}

/** Bodies are JSON whatever the client's case or charset says; an empty one is none. */
function acceptJsonOnly(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "string" }, (_request, body, done) => {
    const text = body.toString();
    if (text.trim() === "") return done(null, undefined);
    try {
      done(null, JSON.parse(text));
    } catch {
      done(new ProtectorError("request.malformed", "The body is not valid JSON."));
    }
  });
}

function setCommonHeaders(request: FastifyRequest, reply: FastifyReply): void {
  void reply.headers({
    "x-openstack-request-id": request.requestId,
    [VERSION_HEADER]: `protector ${request.apiVersion}`,
    vary: VERSION_HEADER,
  });
}

function idsOf(request: FastifyRequest): Readonly<Record<string, string | undefined>> {
  return { request_id: request.requestId, global_request_id: request.globalRequestId };
}

function projectOf({ params }: FastifyRequest): string | undefined {
  return (params as { readonly project_id?: string } | undefined)?.project_id;
}

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === "string" ? value : value?.[0];
}

function pathOf(request: FastifyRequest): string {
  return request.url.split("?", 1)[0] ?? "/";
}
