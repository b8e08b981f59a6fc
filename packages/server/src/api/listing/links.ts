import type { Link } from "@protector/contract";
import type { ListRequest } from "../../db/list.ts";
import { type ListQuery, toListRequest } from "./list-query.ts";

/** A request that lists. */
interface ListCall {
  readonly list: ListQuery;
  readonly baseUrl: string;
  /** Path and query as they came. */
  readonly url: string;
}

/** One page and its links, in the body both as OpenStack's clients look for them and as the API-SIG has them. */
export interface PageAnswer<T> {
  readonly items: T[];
  /** `<collection>_links`: only a `next`, and only when there is more. */
  readonly next: Link[];
  readonly links: Link[];
  /** Header `Link` (RFC 8288). */
  readonly header: string;
}

/** Reads a page and makes its links. */
export async function pageOf<Row extends { readonly id: string }, T>(
  call: ListCall,
  read: (request: ListRequest) => Promise<readonly Row[]>,
  view: (row: Row) => T,
): Promise<PageAnswer<T>> {
  const rows = await read(toListRequest(call.list));
  const page = rows.slice(0, call.list.limit);
  const marker = rows.length > page.length ? page.at(-1)?.id : undefined;
  return { items: page.map(view), ...linksOf(call, marker) };
}

function linksOf({ baseUrl, url }: ListCall, nextMarker: string | undefined): Omit<PageAnswer<never>, "items"> {
  const { pathname, searchParams } = new URL(url, "http://unused");
  const href = (marker: string | undefined) => {
    const query = new URLSearchParams(searchParams);
    if (marker === undefined) query.delete("marker");
    else query.set("marker", marker);
    const text = query.toString();
    return `${baseUrl}${pathname}${text ? `?${text}` : ""}`;
  };
  const next = nextMarker === undefined ? [] : [{ rel: "next", href: href(nextMarker) }];
  const links = [{ rel: "self", href: `${baseUrl}${url}` }, { rel: "first", href: href(undefined) }, ...next];
  return { next, links, header: links.map(({ rel, href: to }) => `<${to}>; rel="${rel}"`).join(", ") };
}
