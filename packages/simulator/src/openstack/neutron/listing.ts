import type { SimulatedResponse } from "../../http/service.ts";
import { type Call, ok } from "../core/call.ts";
import { isObject } from "../core/json.ts";

const NOT_FILTERS = ["limit", "marker", "fields", "sort_key", "sort_dir", "page_reverse", "fixed_ips", "tags"];

/** A list in Neutron's way: any field is a filter, repeated values are ORed, `limit` and `marker` page, `fields` select. */
export function listing(call: Call, collection: string, all: readonly Record<string, unknown>[]): SimulatedResponse {
  const { query } = call;
  const filters = [...new Set(query.keys())].filter((key) => !NOT_FILTERS.includes(key));
  const wantedTags = query.get("tags")?.split(",") ?? [];
  const addresses = query.getAll("fixed_ips").map((each) => each.replace("ip_address=", ""));
  const matching = all.filter(
    (item) =>
      filters.every((key) => !(key in item) || query.getAll(key).some((wanted) => matches(item[key], wanted))) &&
      wantedTags.every((tag) => Array.isArray(item.tags) && item.tags.includes(tag)) &&
      (addresses.length === 0 || hasAddress(item, addresses)),
  );
  sort(matching, query);
  const start = query.has("marker") ? matching.findIndex(({ id }) => id === query.get("marker")) + 1 : 0;
  const limit = Number(query.get("limit") ?? matching.length) || matching.length;
  const items = matching.slice(start, start + limit);
  const last = items.at(-1);
  const next = new URLSearchParams(query);
  next.set("marker", String(last?.id));
  const isMore = last !== undefined && start + limit < matching.length;
  const links = isMore
    ? { [`${collection}_links`]: [{ rel: "next", href: `${call.origin}/v2.0${call.path}?${next}` }] }
    : {};
  const fields = query.getAll("fields");
  const view = (item: Record<string, unknown>) =>
    fields.length === 0 ? item : Object.fromEntries(Object.entries(item).filter(([key]) => fields.includes(key)));
  return ok({ [collection]: items.map(view), ...links });
}

/** By the last `sort_key` first, so that the first one decides. */
function sort(items: Record<string, unknown>[], query: URLSearchParams): void {
  const directions = query.getAll("sort_dir");
  for (const [index, key] of [...query.getAll("sort_key").entries()].reverse()) {
    const sign = directions[index] === "desc" ? -1 : 1;
    items.sort((a, b) => sign * (String(a[key]) < String(b[key]) ? -1 : String(a[key]) > String(b[key]) ? 1 : 0));
  }
}

function matches(value: unknown, wanted: string): boolean {
  if (typeof value === "boolean") return String(value) === wanted.toLowerCase();
  if (Array.isArray(value)) return value.map(String).includes(wanted);
  return String(value ?? "") === wanted;
}

function hasAddress(item: Record<string, unknown>, addresses: readonly string[]): boolean {
  const fixed = Array.isArray(item.fixed_ips) ? item.fixed_ips.filter(isObject) : [];
  return fixed.some(({ ip_address }) => addresses.includes(String(ip_address)));
}
