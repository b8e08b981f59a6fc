import { ProtectorError, ROUTES, type Route } from "@protector/contract";

const PATTERNS = Object.values(ROUTES).map((route: Route) => ({
  method: route.method,
  pattern: new RegExp(`^${route.path.replaceAll(/\{\w+\}/g, "[^/]+")}$`),
}));

/** Whether a path does not exist, or only not with this method; then with the methods that it has. */
export function notFoundError(
  method: string,
  path: string,
): { readonly error: ProtectorError; readonly allow: readonly string[] | undefined } {
  const allow = PATTERNS.filter(({ pattern }) => pattern.test(path)).map((known) => known.method);
  if (allow.length === 0) {
    return { error: new ProtectorError("request.not_found", `There is no path ${path}.`), allow: undefined };
  }
  const detail = `${path} does not take ${method}, only ${allow.join(", ")}.`;
  return { error: new ProtectorError("request.method_not_allowed", detail), allow };
}
