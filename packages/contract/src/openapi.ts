import { ERROR_CATALOGUE, type ErrorCode } from "./error-catalogue.ts";
import { wireCode } from "./errors.ts";
import { MAX_MICROVERSION, SERVICE_TYPE } from "./microversions.ts";
import { ErrorBody } from "./resources/errors.ts";
import { COMMON_ERRORS, MAX_PAGE_LIMIT, type Route } from "./routes/route.ts";
import { ROUTES, type RouteName } from "./routes.ts";

type Json = Readonly<Record<string, unknown>>;

/**
 * The API as an OpenAPI 3.1 document, made from the route table.
 * @param serverUrl where this API answers, without a slash at the end.
 */
export function openApiDocument(serverUrl: string): Json {
  return {
    openapi: "3.1.0",
    info: {
      title: "Protector",
      summary: "Disaster recovery for OpenStack",
      version: MAX_MICROVERSION,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: serverUrl }],
    paths: paths(),
    components: {
      schemas: { Errors: plain(ErrorBody), Unauthorized: UNAUTHORIZED },
      securitySchemes: {
        token: { type: "apiKey", in: "header", name: "X-Auth-Token", description: "Token of Keystone v3" },
      },
    },
  };
}

/** Body of keystonemiddleware's 401, which is not one of ours. */
const UNAUTHORIZED = {
  type: "object",
  required: ["error"],
  properties: {
    error: {
      type: "object",
      required: ["code", "title", "message"],
      properties: { code: { const: 401 }, title: { type: "string" }, message: { type: "string" } },
    },
  },
};

function paths(): Json {
  const all: Record<string, Record<string, Json>> = {};
  for (const [name, route] of Object.entries(ROUTES) as [RouteName, Route][]) {
    const path = all[route.path] ?? {};
    path[route.method.toLowerCase()] = operation(name, route);
    all[route.path] = path;
  }
  return all;
}

function operation(name: string, route: Route): Json {
  return {
    operationId: name,
    summary: route.summary,
    tags: [name.slice(0, name.indexOf("."))],
    ...(route.rule === null ? {} : { security: [{ token: [] }], "x-policy-rule": route.rule }),
    ...(route.verbRules ? { "x-policy-rules": route.verbRules } : {}),
    parameters: [
      ...pathParameters(route),
      ...headerParameters(route),
      ...pageParameters(route),
      ...listParameters(route),
    ],
    ...(route.request ? { requestBody: { required: true, content: jsonContent(plain(route.request)) } } : {}),
    responses: responses(route),
  };
}

function pathParameters(route: Route): readonly Json[] {
  return [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
}

function headerParameters(route: Route): readonly Json[] {
  const version = {
    name: "OpenStack-API-Version",
    in: "header",
    description: `\`${SERVICE_TYPE} X.Y\` or \`${SERVICE_TYPE} latest\`; left out = the oldest`,
    schema: { type: "string" },
  };
  if (!route.isIdempotencyKeyed) return [version];
  const description = "The same key with the same request within 24 h gives the first answer's object again";
  return [
    version,
    { name: "Idempotency-Key", in: "header", description, schema: { type: "string", minLength: 1, maxLength: 255 } },
  ];
}

function pageParameters({ hasPage }: Route): readonly Json[] {
  if (!hasPage) return [];
  const description = "Instead of the `Accept` header";
  return [{ name: "format", in: "query", description, schema: { type: "string", enum: ["json", "html"] } }];
}

function listParameters({ list }: Route): readonly Json[] {
  if (!list) return [];
  const query = (name: string, description: string, schema: Json = { type: "string" }) => ({
    name,
    in: "query",
    description,
    schema,
  });
  const sort = `\`key:asc\` or \`key:desc\`, joined by commas; keys: ${list.sortKeys.join(", ")}`;
  return [
    query("limit", `Page size; more than ${MAX_PAGE_LIMIT} is capped`, { type: "integer", minimum: 1 }),
    query("marker", "Id of the last item of the page before"),
    query("sort", sort),
    query("sort_key", "One key of `sort`"),
    query("sort_dir", "Direction of `sort_key`", { type: "string", enum: ["asc", "desc"] }),
    ...list.filters.map((name) => query(name, "Filter: a value, or `in:` `nin:` `neq:` `gt:` `gte:` `lt:` `lte:`")),
  ];
}

function responses(route: Route): Json {
  const success = {
    description: "Success",
    ...(route.response
      ? { content: { ...jsonContent(plain(route.response)), ...(route.hasPage ? PAGE_CONTENT : {}) } }
      : {}),
  };
  const codes: readonly ErrorCode[] = route.rule === null ? ["internal"] : [...COMMON_ERRORS, ...route.errors];
  const unauthorized = { description: "No valid token", content: jsonContent(reference("Unauthorized")) };
  return {
    [route.status]: success,
    ...(route.rule === null ? {} : { 401: unauthorized }),
    ...errorResponses(codes),
  };
}

function errorResponses(codes: readonly ErrorCode[]): Json {
  const byStatus = Map.groupBy(new Set(codes), (code) => ERROR_CATALOGUE[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, ofStatus]) => [
      status,
      { description: ofStatus.map(wireCode).join(", "), content: jsonContent(reference("Errors")) },
    ]),
  );
}

function reference(name: string): Json {
  return { $ref: `#/components/schemas/${name}` };
}

const PAGE_CONTENT = { "text/html": { schema: { type: "string" } } };

function jsonContent(schema: Json): Json {
  return { "application/json": { schema } };
}

/** The schema as JSON alone: TypeBox keeps its own marks beside. */
function plain(schema: object): Json {
  return JSON.parse(JSON.stringify(schema)) as Json;
}
