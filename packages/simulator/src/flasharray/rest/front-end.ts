import type { SimulatedRequest, SimulatedResponse, SimulatedService } from "../../http/service.ts";
import { ArrayDownError, ArrayError } from "../block-array.ts";
import type { FlashArrayModel } from "../model.ts";
import { type ApiVersion, parseVersion } from "./api-version.ts";
import { arrayRoutes } from "./array-routes.ts";
import type { ArrayRoute } from "./context.ts";
import { lookUp } from "./endpoints.ts";
import { groupRoutes } from "./group-routes.ts";
import { pointRoutes } from "./point-routes.ts";
import { Query } from "./query.ts";
import { RestError, type RestFault } from "./rest-error.ts";
import type { Sessions } from "./sessions.ts";
import { targetRoutes } from "./target-routes.ts";
import { volumeRoutes } from "./volume-routes.ts";

const ROUTES: Readonly<Record<string, ArrayRoute>> = {
  ...arrayRoutes,
  ...volumeRoutes,
  ...groupRoutes,
  ...targetRoutes,
  ...pointRoutes,
};

export interface FrontEndOptions {
  readonly model: FlashArrayModel;
  readonly sessions: Sessions;
  readonly origin: string;
  /** What `/api/api_version` announces, ascending. */
  readonly versions: readonly string[];
}

/** REST 2.x of one array. */
export class FlashArrayFrontEnd implements SimulatedService {
  readonly name: string;
  readonly origin: string;
  readonly #model: FlashArrayModel;
  readonly #sessions: Sessions;
  #versions: readonly string[];

  constructor(options: FrontEndOptions) {
    this.name = options.model.name;
    this.origin = options.origin;
    this.#model = options.model;
    this.#sessions = options.sessions;
    this.#versions = options.versions;
  }

  /** Announces other versions from now on, as after an upgrade or a downgrade. */
  set versions(versions: readonly string[]) {
    this.#versions = versions;
  }

  async handle(request: SimulatedRequest): Promise<SimulatedResponse> {
    const requestId = request.headers["x-request-id"] ?? this.#model.state.random.uuid();
    const answer = this.#answer(request);
    return { ...answer, headers: { ...answer.headers, "x-request-id": requestId } };
  }

  #answer(request: SimulatedRequest): SimulatedResponse {
    if (!this.#model.isUp) return { status: 503, body: { message: "array is down" } };
    if (request.method === "GET" && request.path === "/api/api_version") {
      return { status: 200, body: { version: this.#versions } };
    }
    const match = /^\/api\/(\d+\.\d+)\/(.+?)\/?$/.exec(request.path);
    const version = match?.[1] !== undefined && this.#versions.includes(match[1]) ? parseVersion(match[1]) : undefined;
    if (version?.[0] !== 2) return refuse(404, null, "Not found.");
    try {
      return this.#serve(request, version, match?.[2] ?? "");
    } catch (error) {
      if (error instanceof RestError) return { status: error.status, body: { errors: error.faults } };
      if (error instanceof ArrayError) return refuse(400, error.context, error.message);
      if (error instanceof ArrayDownError) return { status: 503, body: { message: error.message } };
      throw error;
    }
  }

  #serve(request: SimulatedRequest, version: ApiVersion, path: string): SimulatedResponse {
    const found = lookUp(version, request.method, path, request.query);
    if (found.kind === "no_path") return refuse(404, null, "Not found.");
    if (found.kind === "no_method") return refuse(405, null, "Method not allowed.");
    if (path === "login") return this.#sessions.logIn(request.headers["api-token"]);
    const isAllowed = this.#sessions.check(request.headers["x-auth-token"]);
    if (!isAllowed) return refuse(401, null, "Invalid or expired session.");
    if (path === "logout") return this.#sessions.logOut(request.headers["x-auth-token"]);
    if (found.kind === "unknown_parameter") return refuse(400, null, `Unknown query parameter '${found.parameter}'.`);
    if (this.#sessions.isReadOnly && request.method !== "GET") {
      return refuse(403, null, "The user's role does not permit this operation.");
    }
    return this.#route(request, version, path);
  }

  #route(request: SimulatedRequest, version: ApiVersion, path: string): SimulatedResponse {
    const route = ROUTES[`${request.method} ${path}`];
    if (!route) return refuse(405, null, "Method not allowed.");
    this.#model.fabric.settle();
    const body = parseBody(request.body);
    const query = new Query(request.query);
    const answer = route({ model: this.#model, state: this.#model.state, version, query, body });
    const token = (answer as { continuation_token?: string | null } | undefined)?.continuation_token;
    return { status: 200, body: answer, headers: token ? { "x-next-token": token } : {} };
  }
}

function refuse(status: number, context: RestFault["context"], message: string): SimulatedResponse {
  return { status, body: { errors: [{ context, message }] } };
}

function parseBody(text: string): Record<string, unknown> {
  if (text.trim() === "") return {};
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new RestError(400, [{ context: null, message: "Body is not valid JSON." }]);
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new RestError(400, [{ context: null, message: "Body is not a JSON object." }]);
  }
  return body as Record<string, unknown>;
}
