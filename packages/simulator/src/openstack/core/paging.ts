import { badRequest } from "./api-error.ts";

/** One page and the address of the next. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | undefined;
}

/**
 * Cuts one page out of a sorted list by `limit` and `marker` (id of the last item seen).
 * @param maximum the service's own largest page (`osapi_max_limit`).
 * @throws ApiError 400 for an unknown marker or a bad limit.
 */
export function pageOf<T extends { readonly id: string }>(
  all: readonly T[],
  query: URLSearchParams,
  options: { readonly url: string; readonly maximum: number },
): Page<T> {
  const asked = query.get("limit");
  if (asked !== null && !/^\d+$/.test(asked)) throw badRequest(`limit param must be an integer: ${asked}`);
  const limit = Math.min(asked === null || asked === "0" ? options.maximum : Number(asked), options.maximum);
  const marker = query.get("marker");
  const start = marker === null ? 0 : all.findIndex((item) => item.id === marker) + 1;
  if (marker !== null && start === 0) throw badRequest(`marker [${marker}] not found`);
  const items = all.slice(start, start + limit);
  const last = items.at(-1);
  if (!last || start + limit >= all.length) return { items, next: undefined };
  const following = new URLSearchParams(query);
  following.set("marker", last.id);
  following.set("limit", String(limit));
  return { items, next: `${options.url}?${following}` };
}
