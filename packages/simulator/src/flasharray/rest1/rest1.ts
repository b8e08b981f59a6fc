import type { SimulatedRequest, SimulatedResponse } from "../../http/service.ts";
import { ArrayDownError, ArrayError } from "../block-array.ts";
import type { FlashArrayModel } from "../model.ts";
import type { Sessions } from "../sessions.ts";
import { Arguments } from "./arguments.ts";
import { arrayRoutes } from "./array.ts";
import type { Rest1Route } from "./call.ts";
import { groupRoutes } from "./groups.ts";
import { hostRoutes } from "./hosts.ts";
import { podRoutes } from "./pods.ts";
import { volumeRoutes } from "./volumes.ts";

const ROUTES: readonly Rest1Route[] = [...arrayRoutes, ...volumeRoutes, ...hostRoutes, ...groupRoutes, ...podRoutes];

export interface Rest1Options {
  readonly model: FlashArrayModel;
  readonly sessions: Sessions;
  /** Host part of the array's own address, for its data ports. */
  readonly portal: string;
}

/**
 * REST 1.x of one array, as far as Cinder's Pure Storage driver needs it up to the release Zed. Sessions are cookies,
 * arguments come as JSON with every method, refusals are lists of `{ctx, msg}`.
 */
export class Rest1 {
  readonly #options: Rest1Options;

  constructor(options: Rest1Options) {
    this.#options = options;
  }

  /** @param target the path after the version, and whether the array has that version. */
  answer(request: SimulatedRequest, target: { readonly isKnown: boolean; readonly path: string }): SimulatedResponse {
    if (!target.isKnown) return refuse(450, null, "The REST version is not supported.");
    try {
      const given = new Arguments(request.query, parseBody(request.body));
      const isSession = target.path === "auth/session";
      if (isSession && request.method === "POST") return this.#logIn(given);
      const token = /(?:^|;\s*)session=([^;\s]+)/.exec(request.headers.cookie ?? "")?.[1];
      if (!this.#options.sessions.check("rest1", token)) return refuse(401, null, "Not authenticated.");
      if (isSession && request.method === "DELETE") this.#options.sessions.logOut(token);
      if (isSession) return { status: 200, body: { username: "pureuser" } };
      return withCookie(this.#serve(request, target.path, given), token);
    } catch (error) {
      return asRefusal(error);
    }
  }

  #logIn(given: Arguments): SimulatedResponse {
    given.requireKnown(["api_token"]);
    const token = this.#options.sessions.logIn("rest1", given.text("api_token"));
    if (token === undefined) return refuse(401, null, "Invalid credentials.");
    return withCookie({ status: 200, body: { username: "pureuser" } }, token);
  }

  #serve(request: SimulatedRequest, path: string, given: Arguments): SimulatedResponse {
    const { model, sessions, portal } = this.#options;
    const found = match(path);
    if (found.length === 0) return refuse(404, null, "Not found.");
    const hit = found.find(({ route }) => route.method === request.method);
    if (!hit) return refuse(405, null, "Method not allowed.");
    if (sessions.isReadOnly && request.method !== "GET") return refuse(403, null, "Operation not permitted.");
    model.fabric.settle();
    try {
      given.requireKnown(hit.route.known.split(" "));
      return { status: 200, body: hit.route.run({ model, state: model.state, portal, parts: hit.parts, given }) };
    } catch (error) {
      return asRefusal(error);
    }
  }
}

interface Hit {
  readonly route: Rest1Route;
  readonly parts: readonly string[];
}

/** The routes of a path, whatever their method. */
function match(path: string): Hit[] {
  const parts = path.split("/").map(decoded);
  return ROUTES.flatMap((route) => {
    const wanted = route.path.split("/");
    if (wanted.length !== parts.length) return [];
    if (wanted.some((part, index) => part !== "*" && part !== parts[index])) return [];
    return [{ route, parts: parts.filter((_, index) => wanted[index] === "*") }];
  });
}

/** What is no valid encoding stands for itself, and so for no object. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Clients forget their cookies at every answer that sets none. */
function withCookie(answer: SimulatedResponse, token: string): SimulatedResponse {
  return { ...answer, headers: { "set-cookie": `session=${token}; Path=/; HttpOnly; Secure` } };
}

function refuse(status: number, context: string | null, message: string): SimulatedResponse {
  return { status, body: [{ ctx: context, msg: message }] };
}

function asRefusal(error: unknown): SimulatedResponse {
  if (error instanceof ArrayError) return refuse(400, error.context, error.message);
  if (error instanceof ArrayDownError) return { status: 503, body: { message: error.message } };
  throw error;
}

function parseBody(text: string): Record<string, unknown> {
  if (text.trim() === "") return {};
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new ArrayError(null, "Body is not valid JSON.");
  }
  if (body === null) return {};
  if (typeof body !== "object" || Array.isArray(body)) throw new ArrayError(null, "Body is not a JSON object.");
  return body as Record<string, unknown>;
}
