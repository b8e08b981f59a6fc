import { createHash } from "node:crypto";
import { canonicalJson, ProtectorError, parse, type Route } from "@protector/contract";
import type { FastifyReply, FastifyRequest } from "fastify";
import { type Caller, callerOfToken } from "./caller.ts";
import type { Idempotency } from "./handler.ts";
import { requestedVersion } from "./http/api-version.ts";
import { baseUrl } from "./http/base-url.ts";
import { PAGE_HEADERS, wantsPage } from "./http/page.ts";
import { type ListQuery, parseListQuery, type QueryParameters } from "./listing/list-query.ts";
import type { ApiPorts } from "./ports.ts";

/** A handler of whatever route, as the pipeline calls it. */
export type AnyHandler = (call: {
  readonly requestId: string;
  readonly path: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly caller: Caller | undefined;
  readonly list: ListQuery | undefined;
  readonly baseUrl: string;
  readonly url: string;
  readonly idempotency: Idempotency | undefined;
  readonly wantsPage: boolean;
}) => Promise<{ readonly body: unknown; readonly page?: string; readonly location?: string; readonly link?: string }>;

interface Target {
  readonly ports: ApiPorts;
  readonly route: Route;
  readonly handler: AnyHandler;
}

const RULE_OF_ADMINISTRATORS = "context_is_admin";

/** What happens to every request, in this order: token, version, project, policy, body and query, handler. */
export async function handleRequest(target: Target, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const { ports, route, handler } = target;
  const path = request.params as Readonly<Record<string, string>>;
  const caller = route.rule === null ? undefined : await authenticate(ports, request);
  request.apiVersion = requestedVersion(header(request, "openstack-api-version"));
  if (caller) authorize(target, { caller, path, body: request.body });
  const body = route.request ? parse(route.request, request.body) : undefined;
  const list = route.list
    ? parseListQuery(request.query as QueryParameters, route.list, ports.settings.maxLimit)
    : undefined;
  const base = baseUrl(request, ports.settings.isBehindProxy);
  const answer = await handler({
    requestId: request.requestId,
    path,
    body,
    caller,
    list,
    baseUrl: base,
    url: request.url,
    idempotency: route.isIdempotencyKeyed ? idempotencyOf(request, caller) : undefined,
    wantsPage: route.hasPage === true && wantsPage(request),
  });
  if (answer.location !== undefined) void reply.header("location", `${base}${answer.location}`);
  if (answer.link !== undefined) void reply.header("link", answer.link);
  if (answer.page !== undefined) return reply.code(route.status).headers(PAGE_HEADERS).send(answer.page);
  return route.response ? reply.code(route.status).send(answer.body) : reply.code(route.status).send();
}

/** @throws ProtectorError `authentication.required`, `authentication.unavailable`. */
async function authenticate({ tokens, log }: ApiPorts, request: FastifyRequest): Promise<Caller> {
  const token = header(request, "x-auth-token")?.trim();
  const result = await tokens.validate({
    token,
    serviceToken: header(request, "x-service-token"),
    method: request.method,
    path: request.url.split("?", 1)[0] ?? "/",
    requestId: request.requestId,
  });
  switch (result.kind) {
    case "accepted":
      return callerOfToken(token ?? "", result);
    case "unauthorized":
      log.info({ request_id: request.requestId, reason: result.reason }, "API request without a valid token");
      throw new ProtectorError("authentication.required", "The request needs a valid token.");
    case "unavailable":
      throw new ProtectorError(
        "authentication.unavailable",
        "Keystone does not answer, so the token cannot be checked.",
      );
  }
}

interface Wanted {
  readonly caller: Caller;
  readonly path: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** @throws ProtectorError `project.mismatch`, `policy.not_authorized`. */
function authorize({ ports, route }: Target, { caller, path, body }: Wanted): void {
  const target: Record<string, string> = { user_id: caller.userId };
  const projectId = path.project_id ?? (route.isOfOwnProject ? caller.projectId : undefined);
  if (projectId !== undefined) {
    target.project_id = projectId;
    target.tenant_id = projectId;
    const isOwn = caller.projectId === projectId;
    if (!isOwn && !ports.policy.enforce(RULE_OF_ADMINISTRATORS, caller.credentials, target)) {
      const detail = `The token is of project ${caller.projectId ?? "(none)"}, the URL names project ${projectId}.`;
      throw new ProtectorError("project.mismatch", detail);
    }
  }
  for (const rule of rulesOf(route, body)) {
    if (ports.policy.enforce(rule, caller.credentials, target)) continue;
    const roles = caller.roles.join(", ") || "none";
    const detail = `The policy rule ${rule} does not allow it to user "${caller.userName}" (roles: ${roles}).`;
    throw new ProtectorError("policy.not_authorized", detail);
  }
}

function rulesOf({ rule, verbRules }: Route, body: unknown): readonly string[] {
  if (rule === null) return [];
  const verbs = typeof body === "object" && body !== null ? Object.keys(body) : [];
  return [rule, ...verbs.flatMap((verb) => verbRules?.[verb] ?? [])];
}

function idempotencyOf(request: FastifyRequest, caller: Caller | undefined): Idempotency | undefined {
  const key = header(request, "idempotency-key");
  if (key === undefined) return undefined;
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw new ProtectorError("request.invalid", "Idempotency-Key must be 1 to 255 printable characters.", {
      facts: { fields: [{ field: "Idempotency-Key", problem: "must be 1 to 255 printable characters" }] },
    });
  }
  const wanted = { method: request.method, url: request.url, body: request.body, user: caller?.userId };
  return { key, digest: createHash("sha256").update(canonicalJson(wanted)).digest("hex") };
}

function header(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === "string" ? value : value?.join(",");
}
