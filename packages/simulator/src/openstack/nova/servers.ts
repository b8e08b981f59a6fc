import type { Router } from "../../http/router.ts";
import { badRequest, notFound } from "../core/api-error.ts";
import { accepted, type Call, isTrue, noContent, ok, requireAdmin } from "../core/call.ts";
import { metadataOf, objectAt, optionalTextAt, textsAt } from "../core/json.ts";
import { pageOf } from "../core/paging.ts";
import type { ComputeState } from "./compute-state.ts";
import type { ServerRecord } from "./records.ts";
import { deleteServer, requireUnlocked } from "./server-life.ts";
import { createServer, type FindImage } from "./server-request.ts";
import { serverSummary, serverView, statusOf } from "./server-view.ts";

export interface ServerRoutes {
  readonly state: ComputeState;
  readonly origin: string;
  readonly findImage: FindImage;
}

/** `/servers`, their metadata and tags. */
export function routeServers(router: Router<Call>, { state, origin, findImage }: ServerRoutes): void {
  const list = (call: Call, isDetailed: boolean) => {
    const url = `${origin}/v2.1/servers${isDetailed ? "/detail" : ""}`;
    const page = pageOf(visibleServers(state, call), call.query, { url, maximum: 1000 });
    const view = (server: ServerRecord) =>
      isDetailed ? serverView(server, { state, call, origin, isList: true }) : serverSummary(server, origin);
    const links = page.next ? { servers_links: [{ rel: "next", href: page.next }] } : {};
    return ok({ servers: page.items.map(view), ...links });
  };
  router
    .on("GET", "/servers", (call) => list(call, false))
    .on("GET", "/servers/detail", (call) => list(call, true))
    .on("POST", "/servers", (call) => {
      const server = createServer(state, call, findImage);
      const body = {
        server: {
          id: server.id,
          links: serverSummary(server, origin).links,
          "OS-DCF:diskConfig": "MANUAL",
          security_groups: server.securityGroups.map((name) => ({ name })),
          adminPass: state.environment.hexId().slice(0, 12),
        },
      };
      return { ...accepted(body), headers: { location: `${origin}/v2.1/servers/${server.id}` } };
    })
    .on("GET", "/servers/:id", (call, { id = "" }) =>
      ok({ server: serverView(state.requireServer(id, call.caller), { state, call, origin, isList: false }) }),
    )
    .on("PUT", "/servers/:id", (call, { id = "" }) => {
      const server = state.requireServer(id, call.caller);
      const change = objectAt(call.body, "server");
      server.name = optionalTextAt(change, "name") ?? server.name;
      if (call.version >= 19 && "description" in change)
        server.description = optionalTextAt(change, "description") ?? null;
      server.updatedAt = state.environment.now();
      return ok({ server: serverView(server, { state, call, origin, isList: false }) });
    })
    .on("DELETE", "/servers/:id", (call, { id = "" }) => {
      const server = state.requireServer(id, call.caller);
      requireUnlocked(server, call.caller);
      deleteServer(state, server);
      return noContent;
    });
  routeMetadata(router, state);
  routeTags(router, state);
}

function routeMetadata(router: Router<Call>, state: ComputeState): void {
  router
    .on("GET", "/servers/:id/metadata", (call, { id = "" }) =>
      ok({ metadata: state.requireServer(id, call.caller).metadata }),
    )
    .on("PUT", "/servers/:id/metadata", (call, { id = "" }) => {
      const server = state.requireServer(id, call.caller);
      requireUnlocked(server, call.caller);
      server.metadata = metadataOf(objectAt(call.body, "metadata"));
      return ok({ metadata: server.metadata });
    })
    .on("POST", "/servers/:id/metadata", (call, { id = "" }) => {
      const server = state.requireServer(id, call.caller);
      requireUnlocked(server, call.caller);
      server.metadata = { ...server.metadata, ...metadataOf(objectAt(call.body, "metadata")) };
      return ok({ metadata: server.metadata });
    });
}

function routeTags(router: Router<Call>, state: ComputeState): void {
  const require = (call: Call, id: string) => {
    if (call.version < 26) throw notFound("The resource could not be found.");
    return state.requireServer(id, call.caller);
  };
  router
    .on("GET", "/servers/:id/tags", (call, { id = "" }) => ok({ tags: require(call, id).tags }))
    .on("PUT", "/servers/:id/tags", (call, { id = "" }) => {
      const server = require(call, id);
      server.tags = [...new Set(textsAt(call.body, "tags"))];
      return ok({ tags: server.tags });
    })
    .on("PUT", "/servers/:id/tags/:tag", (call, { id = "", tag = "" }) => {
      const server = require(call, id);
      if (server.tags.includes(tag)) return noContent;
      server.tags.push(tag);
      return { status: 201 };
    })
    .on("DELETE", "/servers/:id/tags/:tag", (call, { id = "", tag = "" }) => {
      const server = require(call, id);
      if (!server.tags.includes(tag)) throw notFound(`Server ${id} has no tag '${tag}'`);
      server.tags = server.tags.filter((other) => other !== tag);
      return noContent;
    });
}

/** Newest first. Non-administrators' filters on others' projects and on hosts are not taken. */
function visibleServers(state: ComputeState, call: Call): readonly ServerRecord[] {
  const { query, caller, version } = call;
  const isAll = query.has("all_tenants") && isTrue(query.get("all_tenants") || "1");
  if (isAll)
    requireAdmin(call, `os_compute_api:servers:${call.path === "/servers" ? "index" : "detail"}:get_all_tenants`);
  const project = isAll ? (query.get("project_id") ?? query.get("tenant_id")) : (caller.projectId ?? "");
  const tags = version >= 26 ? (query.get("tags")?.split(",") ?? []) : [];
  const host = caller.isAdmin ? query.get("host") : null;
  const name = nameFilter(query.get("name"));
  const status = query.get("status")?.toUpperCase();
  return [...state.servers.values()]
    .reverse()
    .filter(
      (server) =>
        (project === null || server.projectId === project) &&
        (!name || name.test(server.name)) &&
        (status === undefined || statusOf(server) === status) &&
        (host === null || server.host?.name === host) &&
        (!query.has("uuid") || server.id === query.get("uuid")) &&
        tags.every((tag) => server.tags.includes(tag)),
    );
}

/** Nova takes the name as a regular expression. */
function nameFilter(name: string | null): RegExp | undefined {
  try {
    return name === null ? undefined : new RegExp(name, "i");
  } catch {
    throw badRequest(`Invalid input for query parameters name. Value: ${name}.`);
  }
}
