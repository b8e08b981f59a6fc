import type { Call } from "../core/call.ts";

/** Links of a list, which name the call itself. */
export function linksOf(origin: string, call: Call): { readonly [name: string]: string | null } {
  const query = call.query.toString();
  return { next: null, self: `${origin}${call.path}${query && `?${query}`}`, previous: null };
}
