import { refuse } from "./array-error.ts";
import type { ArraySession } from "./session.ts";
import { chunk, encodeQuery, equalsAny, isPlainName, type QueryValues } from "./url.ts";

const PAGE = 500;

/** One listing: path, query, and the field that gives it a fixed order to page by. */
export interface Listing {
  readonly path: string;
  readonly query: QueryValues;
  readonly sort: string;
}

/**
 * All items of a listing. Pages by offset: an array gives no continuation token to a sorted listing, and lowers a limit that
 * it finds too large without a word.
 */
export async function listAll<T>(session: ArraySession, listing: Listing): Promise<T[]> {
  const items: T[] = [];
  for (;;) {
    const query = { ...listing.query, sort: listing.sort, limit: PAGE, offset: items.length };
    const answer = await session.call({ method: "GET", path: listing.path, query: () => encodeQuery(query) });
    const page = answer as { readonly items?: readonly T[]; readonly more_items_remaining?: boolean } | undefined;
    items.push(...(page?.items ?? []));
    if (!page?.more_items_remaining || (page.items ?? []).length === 0) return items;
  }
}

/**
 * Items whose text field is one of the values. By filter, not by `names=`: one missing name would fail the whole call.
 * @throws OutsideError `final` for a value that no array name can be.
 */
export async function listWhere<T>(
  session: ArraySession,
  listing: Listing & { readonly field: string },
  values: readonly string[],
): Promise<T[]> {
  for (const value of values) requirePlain(`GET /${listing.path}`, value);
  const items: T[] = [];
  for (const part of chunk([...new Set(values)])) {
    const query = { ...listing.query, filter: equalsAny(listing.field, part) };
    items.push(...(await listAll<T>(session, { ...listing, query })));
  }
  return items;
}

/**
 * Items whose text field begins with one of the values.
 * @throws OutsideError `final` for a value that no array name begins with.
 */
export async function listBeginning<T>(
  session: ArraySession,
  listing: Listing & { readonly field: string },
  beginnings: readonly string[],
): Promise<T[]> {
  for (const beginning of beginnings) requirePlain(`GET /${listing.path}`, beginning);
  const items: T[] = [];
  // Each by a comparison of its own: whether an array takes wildcards in a list of values is not known.
  for (const part of chunk([...new Set(beginnings)].map((beginning) => `${listing.field}='${beginning}*'`))) {
    const query = { ...listing.query, filter: part.join(" or ") };
    items.push(...(await listAll<T>(session, { ...listing, query })));
  }
  return items;
}

/** @throws OutsideError `final` when the text cannot be an array name. */
export function requirePlain(call: string, name: string): void {
  if (!isPlainName(name)) throw refuse(call, `'${name}' cannot be a name on the array`);
}

/** Items of an answer to a write. */
export function itemsOf<T>(answer: unknown): readonly T[] {
  return (answer as { readonly items?: readonly T[] } | undefined)?.items ?? [];
}
