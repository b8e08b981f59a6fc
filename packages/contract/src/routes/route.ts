import Type, { type Static, type TSchema } from "typebox";
import type { ErrorCode } from "../error-catalogue.ts";
import { Link } from "../resources/common.ts";

/** Largest page; a greater `limit` is capped to it. */
export const MAX_PAGE_LIMIT = 1000;

/** How a list can be narrowed and ordered. Field names are those of the resource. */
export interface ListOptions {
  /** Key of the array in the answer, and of `<key>_links`. */
  readonly collection: string;
  /** Filters: `?name=x`, or with an operator `?name=neq:x` (`in:` `nin:` `neq:` `gt:` `gte:` `lt:` `lte:`). */
  readonly filters: readonly string[];
  /** Fields of `?sort=key:dir,…` and `?sort_key=&sort_dir=`. */
  readonly sortKeys: readonly string[];
  /** Columns of fields that are stored under another name. */
  readonly columns?: Readonly<Record<string, string>>;
}

/** One method on one path. */
export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With parameters in braces: `/v1/{project_id}/protection-groups/{id}`. */
  readonly path: string;
  readonly summary: string;
  /** Rule of oslo.policy that is asked; null = no token is needed. */
  readonly rule: string | null;
  /** Names no project: it is of the token's. */
  readonly isOfOwnProject?: boolean;
  /** Rule that is asked beside it, by the one key of an action's body. */
  readonly verbRules?: Readonly<Record<string, string>>;
  /** Schema of the JSON body; null = no body. */
  readonly request: TSchema | null;
  /** Schema of the JSON answer; null = no body. */
  readonly response: TSchema | null;
  /** HTTP status of success. */
  readonly status: number;
  readonly list?: ListOptions;
  /** Can also answer with an HTML page: `?format=html`, or by `Accept`. */
  readonly hasPage?: boolean;
  /** Honours `Idempotency-Key` for 24 h. */
  readonly isIdempotencyKeyed?: boolean;
  /** Errors of the catalogue that it gives beside those that every route gives ({@link COMMON_ERRORS}). */
  readonly errors: readonly ErrorCode[];
}

/** Errors that every route with a token can give. */
export const COMMON_ERRORS = [
  "request.invalid",
  "request.malformed",
  "request.too_large",
  "microversion.malformed",
  "microversion.unsupported",
  "authentication.unavailable",
  "policy.not_authorized",
  "project.mismatch",
  "database.unavailable",
  "internal",
] as const satisfies readonly ErrorCode[];

/** Keeps the literal types of a route. */
export const route = <const R extends Route>(description: R): R => description;

/** Answer of a list: the page, and links to itself, the first and the next page. */
export const listOf = <const K extends string, S extends TSchema>(key: K, item: S) =>
  Type.Object({
    [key]: Type.Array(item),
    [`${key}_links`]: Type.Optional(Type.Array(Link)),
    links: Type.Array(Link),
  } as { [P in K]: ReturnType<typeof Type.Array<S>> } & { links: ReturnType<typeof Type.Array<typeof Link>> });

/** Static type of a schema, or undefined where there is none. */
export type StaticOf<S> = S extends TSchema ? Static<S> : undefined;
