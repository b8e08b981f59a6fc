import type { PathOf, RequestOf, ResponseOf, RouteName } from "@protector/contract";
import type { Caller } from "./caller.ts";
import type { ListQuery } from "./listing/list-query.ts";

/** A request that has passed authentication, policy and validation. */
export interface Call<N extends RouteName> {
  readonly requestId: string;
  readonly path: PathOf<N>;
  readonly body: RequestOf<N>;
  /** Of routes with a token; see {@link callerOf}. */
  readonly caller: Caller | undefined;
  /** Of routes that list. */
  readonly list: ListQuery | undefined;
  /** Where the client reached the API, without a slash at the end. */
  readonly baseUrl: string;
  /** Path and query as they came, for `self` links. */
  readonly url: string;
  readonly idempotency: Idempotency | undefined;
  /** Of routes that can answer with a page: whether one is wanted. */
  readonly wantsPage: boolean;
}

/** Header `Idempotency-Key`, and a digest of the request it came with. */
export interface Idempotency {
  readonly key: string;
  readonly digest: string;
}

/** What a handler gives back; the status is the route's. */
export interface Answer<N extends RouteName> {
  readonly body: ResponseOf<N>;
  /** The page, instead of the body. */
  readonly page?: string;
  /** Path of what was made or started. */
  readonly location?: string;
  /** Header `Link`. */
  readonly link?: string;
}

export type Handler<N extends RouteName> = (call: Call<N>) => Promise<Answer<N>>;

/** A handler for every route named. */
export type Handlers<N extends RouteName> = { readonly [K in N]: Handler<K> };

/** @throws Error on a route without a token, which must not ask. */
export function callerOf(call: { readonly caller: Caller | undefined }): Caller {
  if (!call.caller) throw new Error("this route has no caller");
  return call.caller;
}

/** @throws Error on a route that does not list, which must not ask. */
export function listOf(call: { readonly list: ListQuery | undefined }): ListQuery {
  if (!call.list) throw new Error("this route does not list");
  return call.list;
}
