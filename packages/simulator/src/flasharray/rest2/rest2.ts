import type { SimulatedRequest, SimulatedResponse } from "../../http/service.ts";
import type { ApiVersion } from "../api-version.ts";
import { ArrayDownError, ArrayError } from "../block-array.ts";
import type { FlashArrayModel } from "../model.ts";
import { type Sessions, USER } from "../sessions.ts";
import { arrayRoutes } from "./array-routes.ts";
import type { ArrayRoute } from "./context.ts";
import { lookUp } from "./endpoints.ts";
import { groupRoutes } from "./group-routes.ts";
import { podRoutes } from "./pod-routes.ts";
import { pointRoutes } from "./point-routes.ts";
import { Query } from "./query.ts";
import { RestError, type RestFault } from "./rest-error.ts";
import { targetRoutes } from "./target-routes.ts";
import { volumeRoutes } from "./volume-routes.ts";

const ROUTES: Readonly<Record<string, ArrayRoute>> = {
  ...arrayRoutes,
  ...volumeRoutes,
  ...groupRoutes,
  ...targetRoutes,
  ...pointRoutes,
  ...podRoutes,
};

/** REST 2.x of one array. */
export class Rest2 {
  readonly #model: FlashArrayModel;
  readonly #sessions: Sessions;

  constructor(model: FlashArrayModel, sessions: Sessions) {
    this.#model = model;
    this.#sessions = sessions;
  }

  /** @param path what follows the version. */
  answer(request: SimulatedRequest, version: ApiVersion, path: string): SimulatedResponse {
    try {
      return this.#serve(request, version, path);
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
    if (path === "login") return this.#logIn(request.headers["api-token"]);
    const token = request.headers["x-auth-token"];
    if (!this.#sessions.check("rest2", token)) return refuse(401, null, "Invalid or expired session.");
    if (path === "logout") {
      this.#sessions.logOut(token);
      return { status: 200 };
    }
    if (found.kind === "unknown_parameter") return refuse(400, null, `Unknown query parameter '${found.parameter}'.`);
    if (this.#sessions.isReadOnly && request.method !== "GET") {
      return refuse(403, null, "The user's role does not permit this operation.");
    }
    return this.#route(request, version, path);
  }

  #logIn(apiToken: string | undefined): SimulatedResponse {
    const token = this.#sessions.logIn("rest2", apiToken);
    if (token === undefined) return refuse(401, null, "Invalid API token.");
    return { status: 200, headers: { "x-auth-token": token }, body: { items: [{ username: USER }] } };
  }

  #route(request: SimulatedRequest, version: ApiVersion, path: string): SimulatedResponse {
    const route = ROUTES[`${request.method} ${path}`];
    if (!route) return refuse(405, null, "Method not allowed.");
    this.#model.fabric.settle();
    const body = parseBody(request.body);
    const query = new Query(request.query);
    const answer = route({
      model: this.#model,
      state: this.#model.state,
      sessions: this.#sessions,
      version,
      query,
      body,
    });
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
