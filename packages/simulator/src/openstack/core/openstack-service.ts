import type { Router } from "../../http/router.ts";
import type { SimulatedRequest, SimulatedResponse, SimulatedService } from "../../http/service.ts";
import { ApiError } from "./api-error.ts";
import { ANONYMOUS, type Call, type Caller } from "./call.ts";
import type { Environment } from "./environment.ts";
import { FourByteCharacterError, parseObject } from "./json.ts";

/** webob's own answers pass by what the service adds to its own. */
const isHtml = ({ headers }: SimulatedResponse) => headers?.["content-type"]?.startsWith("text/html") === true;

/** Which microversions a service knows, and in which headers they travel. */
export interface Microversions {
  /** Service type in `OpenStack-API-Version: <type> X.Y`. */
  readonly type: string;
  /** An older header that carries the bare number. */
  readonly legacyHeader?: string;
  readonly major: number;
  readonly minimum: number;
  readonly maximum: number;
  /** `Vary` of an answer; empty = none; default `OpenStack-API-Version`. */
  readonly varyText?: (status: number) => string;
}

export interface OpenStackServiceOptions {
  readonly name: string;
  readonly origin: string;
  /** As the catalog and access rules name it. */
  readonly serviceType: string;
  readonly environment: Environment;
  readonly router: Router<Call>;
  /** Finds whose token it is; undefined = not valid. */
  readonly authenticate: (token: string) => Caller | undefined;
  /** Body of a refusal. */
  readonly errorBody: (error: ApiError) => unknown;
  /** Turns the request's path into the router's; default: unchanged. */
  readonly routePath?: (path: string, caller: Caller) => string;
  /** Routes (after `routePath`) that need no token, e.g. `GET /`. */
  readonly isPublic: (method: string, path: string) => boolean;
  /** Keystone's public address, for `WWW-Authenticate`. */
  readonly authUri: string;
  readonly microversions?: Microversions;
  readonly manners?: Manners;
}

/** How a service dresses its answers; recorded from real ones (test/openstack/recordings). */
export interface Manners {
  /** Sends the request id in `X-Compute-Request-Id`, too. */
  readonly hasComputeRequestId?: "always" | "behind the check of the token";
  /** `Content-Type` of refusals; default: that of every answer. */
  readonly errorContentType?: string;
  /** `Content-Type` of answers without a body; default: none. */
  readonly emptyContentType?: string;
  /** `Vary` of every answer. */
  readonly vary?: string;
  /** Body of the answer to a token that is none; default: keystonemiddleware's. */
  readonly unauthorizedBody?: unknown;
  /** The request id is made behind the check of the token: a 401 has none. */
  readonly isRequestIdInner?: boolean;
}

const REQUEST_ID = /^req-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The paste pipeline of an OpenStack service: request id, token, microversion, routes, error bodies. */
export class OpenStackService implements SimulatedService {
  readonly name: string;
  readonly origin: string;
  /** Global request id of the last call that carried a well-formed one. */
  lastGlobalRequestId: string | undefined;
  readonly #options: OpenStackServiceOptions;

  constructor(options: OpenStackServiceOptions) {
    this.name = options.name;
    this.origin = options.origin;
    this.#options = options;
  }

  async handle(request: SimulatedRequest): Promise<SimulatedResponse> {
    const requestId = `req-${this.#options.environment.uuid()}`;
    const inbound = request.headers["x-openstack-request-id"];
    if (inbound && REQUEST_ID.test(inbound)) this.lastGlobalRequestId = inbound;
    const response = await this.#answer(request);
    return { ...response, headers: { ...this.#dress(request, response, requestId), ...response.headers } };
  }

  #dress({ headers }: SimulatedRequest, response: SimulatedResponse, id: string): Record<string, string> {
    const { status, body } = response;
    const { hasComputeRequestId, errorContentType, emptyContentType, vary, isRequestIdInner } =
      this.#options.manners ?? {};
    const isUnauthorized = status === 401;
    const isBehind = hasComputeRequestId === "behind the check of the token" && !isUnauthorized;
    const isComputeRequestIdSent = (hasComputeRequestId === "always" || isBehind) && !isHtml(response);
    const contentType = body === undefined ? emptyContentType : status >= 400 ? errorContentType : undefined;
    return {
      ...(isRequestIdInner && isUnauthorized ? {} : { "x-openstack-request-id": id }),
      ...(isComputeRequestIdSent && { "x-compute-request-id": id }),
      ...(isUnauthorized ? {} : this.#versionHeaders(headers, status)),
      ...(vary !== undefined && { vary }),
      ...(contentType !== undefined && !isUnauthorized && { "content-type": contentType }),
    };
  }

  async #answer(request: SimulatedRequest): Promise<SimulatedResponse> {
    const { router, errorBody, microversions } = this.#options;
    try {
      const caller = this.#callerOf(request);
      if (!caller || !this.#isAllowed(request, caller)) return this.#unauthorized();
      const version = microversions ? requestedMinor(request.headers, microversions) : 0;
      const path = (this.#options.routePath ?? ((same: string) => same))(request.path, caller);
      const body = parseObject(request.body);
      const { method, query, headers } = request;
      const response = await router.route({ method, path, query, headers, body, caller, origin: this.origin, version });
      if (response) return response;
      throw new ApiError(404, "The resource could not be found.", "HTTPNotFound");
    } catch (error) {
      if (error instanceof ApiError) {
        const challenge = { "www-authenticate": `Keystone uri="${this.#options.authUri}"` };
        return {
          status: error.status,
          body: errorBody(error),
          ...(error.status === 401 && { headers: challenge }),
          ...(error.status === 413 && { headers: { "retry-after": "0" } }),
        };
      }
      if (!(error instanceof FourByteCharacterError)) {
        this.#options.environment.report(
          "internal",
          `${this.name} ${request.method} ${request.path}: ${String(error)}`,
        );
      }
      const text = "Unexpected API Error. Please report this at the project's bug tracker.";
      return { status: 500, body: errorBody(new ApiError(500, text, "HTTPInternalServerError")) };
    }
  }

  #callerOf(request: SimulatedRequest): Caller | undefined {
    const token = request.headers["x-auth-token"]?.trim();
    const caller = token ? this.#options.authenticate(token) : undefined;
    return (
      caller ?? (this.#options.isPublic(request.method, request.path.replace(/(.)\/+$/, "$1")) ? ANONYMOUS : undefined)
    );
  }

  /** Access rules of an application credential: method, service type and a path with `*`, `**` and `{name}`. */
  #isAllowed({ method, path }: SimulatedRequest, { accessRules }: Caller): boolean {
    if (!accessRules) return true;
    return accessRules.some((rule) => {
      const pattern = rule.path
        .replaceAll(/[.+?^$()|[\]\\]/g, "\\$&")
        .replaceAll(/\{[^}]*\}|\*\*|\*/g, (wild) => (wild === "**" ? ".*" : "[^/]+"));
      const isHere = rule.service === this.#options.serviceType && rule.method === method;
      return isHere && new RegExp(`^${pattern}$`).test(path);
    });
  }

  #unauthorized(): SimulatedResponse {
    const message = "The request you have made requires authentication.";
    return {
      status: 401,
      headers: { "www-authenticate": `Keystone uri="${this.#options.authUri}"` },
      body: this.#options.manners?.unauthorizedBody ?? { error: { code: 401, title: "Unauthorized", message } },
    };
  }

  #versionHeaders(headers: SimulatedRequest["headers"], status: number): Record<string, string> {
    const { microversions } = this.#options;
    if (!microversions) return {};
    let minor: number;
    try {
      minor = requestedMinor(headers, microversions);
    } catch {
      return {};
    }
    const version = `${microversions.major}.${minor}`;
    const legacy = microversions.legacyHeader ? { [microversions.legacyHeader]: version } : {};
    const vary = microversions.varyText?.(status) ?? "OpenStack-API-Version";
    return { "openstack-api-version": `${microversions.type} ${version}`, ...legacy, ...(vary && { vary }) };
  }
}

function requestedMinor(headers: SimulatedRequest["headers"], versions: Microversions): number {
  const own = (headers["openstack-api-version"] ?? "")
    .split(",")
    .map((entry) => entry.trim().split(/\s+/))
    .find(([type]) => type === versions.type)?.[1];
  const legacy = versions.legacyHeader ? headers[versions.legacyHeader] : undefined;
  const asked = own ?? legacy;
  if (asked === undefined) return versions.minimum;
  if (asked === "latest") return versions.maximum;
  const parts = /^(\d+)\.(\d+)$/.exec(asked);
  if (!parts)
    throw new ApiError(400, `API Version String ${asked} is of invalid format. Must be of format MajorNum.MinorNum.`);
  const minor = Number(parts[2]);
  if (Number(parts[1]) !== versions.major || minor < versions.minimum || minor > versions.maximum) {
    const { major, minimum, maximum } = versions;
    throw new ApiError(
      406,
      `Version ${asked} is not supported by the API. Minimum is ${major}.${minimum} and maximum is ${major}.${maximum}.`,
    );
  }
  return minor;
}

const FAULT_NAMES: Readonly<Record<number, string>> = {
  400: "badRequest",
  401: "unauthorized",
  403: "forbidden",
  404: "itemNotFound",
  405: "badMethod",
  409: "conflictingRequest",
  413: "overLimit",
  415: "badMediaType",
  429: "overLimit",
  501: "notImplemented",
  503: "serviceUnavailable",
};

/** Error body of Nova and Cinder. */
export function faultBody(error: ApiError): unknown {
  const name = FAULT_NAMES[error.status] ?? "computeFault";
  const retry = error.status === 413 ? { retryAfter: "0" } : {};
  return { [name]: { code: error.status, message: error.message, ...retry } };
}

/**
 * Takes `/v2.1` or `/v3` and an optional project id off a path.
 * @throws ApiError 400 when the path names another project than the token.
 */
export function projectPath(prefix: string, message: (projectId: string) => string) {
  return (path: string, caller: Caller): string => {
    if (!path.startsWith(`${prefix}/`)) return path;
    const rest = path.slice(prefix.length);
    if (rest === "/") return prefix;
    const project = /^\/([0-9a-f]{32})(\/.*|$)/.exec(rest);
    if (!project) return rest;
    if (project[1] !== caller.projectId) throw new ApiError(400, message(project[1] ?? ""));
    return project[2] || "/";
  };
}
