import type { Operation } from "@protector/contract";
import type { ApiError } from "./api-error.ts";
import { type AskedSites, askBoth, findOperation } from "./operations.ts";
import type { PageRequest, SiteClient } from "./site-client.ts";
import { siteIdOf } from "./site-view.ts";

/** An operation, and the name of the site that ran it. */
export type PlacedOperation = Operation & { readonly site: string };

/** A site's operations, newest first; as many pages are asked for as are needed. */
interface SiteOperations {
  readonly client: SiteClient;
  readonly siteId: string;
  readonly rest: AsyncIterator<Operation>;
  /** The next one; undefined at the end. */
  head: Operation | undefined;
}

/**
 * Operations of both sites, newest first. One that both know is taken from the site that runs it.
 * @returns also the sites that gave no answer: what they alone know is missing.
 * @throws ApiError `operation.not_found` for a marker that no site knows.
 */
export async function listOperations(
  sites: AskedSites,
  query: Readonly<Record<string, string>> = {},
  { limit = Number.POSITIVE_INFINITY, marker }: PageRequest = {},
): Promise<{ readonly operations: readonly PlacedOperation[]; readonly silent: readonly ApiError[] }> {
  const last = marker === undefined ? undefined : (await findOperation(sites, marker)).operation;
  const asked = {
    ...query,
    ...(last ? { created_at: `lte:${last.created_at}` } : {}),
    ...(limit < Number.POSITIVE_INFINITY ? { limit: limit + 1 } : {}),
  };
  const { lists, silent } = await askBoth(sites, async (client): Promise<SiteOperations> => {
    const siteId = await siteIdOf(client);
    const rest = client.list("operations.index", { query: asked });
    return { client, siteId, rest, head: (await rest.next()).value ?? undefined };
  });
  const seen = new Map<string, Operation>();
  /** Of the marker's own time, those that were on a page before. */
  const passed = new Set<string>();
  let isAfter = last === undefined;
  for await (const { operation, siteId } of newestFirst(lists)) {
    const { id, created_at, site_id } = operation;
    const held = seen.get(id);
    if (held === undefined && seen.size >= limit) break;
    isAfter ||= created_at < (last?.created_at ?? "");
    if (!isAfter) passed.add(id);
    else if (!passed.has(id) && (!held || site_id === siteId)) seen.set(id, operation);
    isAfter ||= id === marker;
  }
  const nameOf = await siteNames(lists, [...seen.values()]);
  const operations = [...seen.values()].map((operation) => ({ ...operation, site: nameOf(operation.site_id) }));
  return { operations, silent };
}

/** Both lists as one; of two of the same time the near site's is first. */
async function* newestFirst(lists: readonly SiteOperations[]) {
  for (;;) {
    let newest: SiteOperations | undefined;
    for (const list of lists)
      if (list.head && (!newest?.head || list.head.created_at > newest.head.created_at)) newest = list;
    if (!newest?.head) return;
    yield { operation: newest.head, siteId: newest.siteId };
    newest.head = (await newest.rest.next()).value ?? undefined;
  }
}

/** Names of sites by id: those that answered as the caller calls them, others as they are registered. */
async function siteNames(
  lists: readonly SiteOperations[],
  operations: readonly Operation[],
): Promise<(siteId: string) => string> {
  const names = new Map(lists.map(({ siteId, client }) => [siteId, client.name]));
  const [first] = lists;
  if (first && operations.some(({ site_id }) => !names.has(site_id)))
    for (const { id, name } of await first.client.all("site_summaries.index")) if (!names.has(id)) names.set(id, name);
  return (siteId) => names.get(siteId) ?? siteId;
}
