import { parseFilter } from "./filter.ts";
import type { Query } from "./query.ts";
import { badRequest } from "./rest-error.ts";

/** Most items of one answer; larger limits are lowered without a word. */
const LARGEST_PAGE = 1000;

/** The body of a listing. */
export interface Page {
  readonly continuation_token: string | null;
  readonly more_items_remaining: boolean;
  readonly total_item_count: number | null;
  readonly items: readonly unknown[];
  readonly total?: readonly unknown[];
}

/** Filters, sorts and cuts a listing as the query says. No token comes with `sort`: the caller then pages by offset. */
export function pageOf(all: readonly object[], query: Query): Page {
  const filter = query.text("filter");
  const passed = filter === undefined ? [...all] : all.filter(parseFilter(filter));
  const sort = query.list("sort");
  for (const key of [...(sort ?? [])].reverse()) sortBy(passed, key);
  const offset = offsetOf(query);
  const limit = Math.min(query.number("limit") ?? LARGEST_PAGE, LARGEST_PAGE);
  const items = query.flag("total_only") ? [] : passed.slice(offset, offset + limit);
  const hasMore = !query.flag("total_only") && offset + items.length < passed.length;
  return {
    continuation_token: hasMore && !sort && limit > 0 ? Buffer.from(String(offset + limit)).toString("base64") : null,
    more_items_remaining: hasMore,
    total_item_count: query.flag("total_item_count") || query.flag("total_only") ? passed.length : null,
    items,
  };
}

function offsetOf(query: Query): number {
  const token = query.text("continuation_token");
  if (token === undefined) return query.number("offset") ?? 0;
  const offset = Number(Buffer.from(token, "base64").toString());
  if (query.list("sort") || !Number.isInteger(offset)) throw badRequest("Invalid continuation token.");
  return offset;
}

function sortBy(items: object[], key: string): void {
  const isDescending = key.endsWith("-");
  const field = key.replace(/[-+]$/, "");
  const keyOf = (item: object) =>
    field.split(".").reduce<unknown>((value, part) => (value as Record<string, unknown> | null)?.[part], item);
  items.sort((a, b) => {
    const [left, right] = [keyOf(a), keyOf(b)];
    const order =
      typeof left === "number" && typeof right === "number"
        ? left - right
        : String(left ?? "").localeCompare(String(right ?? ""));
    return isDescending ? -order : order;
  });
}
