import type { SimulatedRequest, SimulatedResponse } from "./service.ts";

/** What a router looks at; services may route richer requests of their own. */
export type Routable = Pick<SimulatedRequest, "method" | "path">;

/** Answers one route; `params` are the path's named parts. */
export type RouteHandler<R extends Routable = SimulatedRequest> = (
  request: R,
  params: Readonly<Record<string, string>>,
) => SimulatedResponse | Promise<SimulatedResponse>;

interface Route<R extends Routable> {
  readonly method: string;
  readonly parts: readonly string[];
  readonly handler: RouteHandler<R>;
}

/** Routes by method and path with `:name` parts; the first match in order of registration wins. */
export class Router<R extends Routable = SimulatedRequest> {
  readonly #routes: Route<R>[] = [];

  on(method: string, path: string, handler: RouteHandler<R>): this {
    this.#routes.push({ method, parts: path.split("/"), handler });
    return this;
  }

  /** The handler's answer, or undefined when no route has this method and path. */
  async route(request: R): Promise<SimulatedResponse | undefined> {
    const parts = request.path.replace(/\/+$/, "").split("/");
    for (const route of this.#routes) {
      if (route.method !== request.method || route.parts.length !== parts.length) continue;
      const params = match(route.parts, parts);
      if (params) return route.handler(request, params);
    }
    return undefined;
  }
}

function match(pattern: readonly string[], parts: readonly string[]): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  for (const [index, wanted] of pattern.entries()) {
    const part = parts[index] ?? "";
    if (wanted.startsWith(":")) params[wanted.slice(1)] = decodeURIComponent(part);
    else if (wanted !== part) return undefined;
  }
  return params;
}
