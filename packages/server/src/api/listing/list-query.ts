import { type FieldProblem, type ListOptions, ProtectorError } from "@protector/contract";
import { type Filter, parseFilter } from "../../db/filter.ts";
import type { ListRequest } from "../../db/list.ts";

/** Query parameters; one that came several times has several values. */
export type QueryParameters = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Which page of a list is wanted; `limit` rows are asked for, one more tells whether there is a next page. */
export interface ListQuery {
  readonly limit: number;
  readonly marker: string | undefined;
  readonly filters: readonly Filter[];
  readonly sort: readonly { readonly column: string; readonly direction: "asc" | "desc" }[];
}

const PAGING = new Set(["limit", "marker", "sort", "sort_key", "sort_dir"]);

/**
 * Reads the query of a list.
 * @param maxLimit most items in one page; more is capped.
 * @throws ProtectorError `request.invalid` that names every parameter that does not fit.
 */
export function parseListQuery(parameters: QueryParameters, options: ListOptions, maxLimit: number): ListQuery {
  const problems: FieldProblem[] = [];
  const columnOf = (field: string) => options.columns?.[field] ?? field;
  const query: ListQuery = {
    limit: parseLimit(single(parameters.limit), { maxLimit, problems }),
    marker: single(parameters.marker),
    sort: parseSort(parameters, options, problems).map(({ field, direction }) => ({
      column: columnOf(field),
      direction,
    })),
    filters: Object.entries(parameters).flatMap(([field, value]) =>
      PAGING.has(field) ? [] : filtersOf(field, { values: [value ?? []].flat(), options, problems }),
    ),
  };
  if (problems.length === 0) return query;
  const text = problems.map(({ field, problem }) => `${field} ${problem}`).join("; ");
  throw new ProtectorError("request.invalid", `The query is not valid: ${text}.`, { facts: { fields: problems } });
}

/** What the database is asked for: one row more than the page holds. */
export function toListRequest({ limit, marker, filters, sort }: ListQuery): ListRequest {
  return { filters, sort, limit: limit + 1, ...(marker === undefined ? {} : { marker }) };
}

function parseLimit(
  text: string | undefined,
  { maxLimit, problems }: { readonly maxLimit: number; readonly problems: FieldProblem[] },
): number {
  if (text === undefined) return maxLimit;
  if (/^\d{1,15}$/.test(text) && Number(text) > 0) return Math.min(Number(text), maxLimit);
  problems.push({ field: "limit", problem: "must be a whole number above 0" });
  return maxLimit;
}

interface SortField {
  readonly field: string;
  readonly direction: "asc" | "desc";
}

function parseSort(parameters: QueryParameters, options: ListOptions, problems: FieldProblem[]): readonly SortField[] {
  const key = single(parameters.sort_key);
  const direction = single(parameters.sort_dir);
  const text = single(parameters.sort) ?? (key === undefined ? "" : `${key}${direction ? `:${direction}` : ""}`);
  return text
    .split(",")
    .filter((part) => part.trim() !== "")
    .flatMap((part) => {
      const [field = "", wanted = "asc", ...rest] = part.trim().split(":");
      if (options.sortKeys.includes(field) && rest.length === 0 && (wanted === "asc" || wanted === "desc")) {
        return [{ field, direction: wanted } as const];
      }
      const problem = `must be key:asc or key:desc with a key of ${options.sortKeys.join(", ")}`;
      problems.push({ field: "sort", problem });
      return [];
    });
}

function filtersOf(
  field: string,
  given: { readonly values: readonly string[]; readonly options: ListOptions; readonly problems: FieldProblem[] },
): readonly Filter[] {
  if (!given.options.filters.includes(field)) {
    given.problems.push({ field, problem: "is not known here" });
    return [];
  }
  return given.values.flatMap((text) => {
    try {
      return [parseFilter(given.options.columns?.[field] ?? field, text)];
    } catch (error) {
      if (!(error instanceof ProtectorError)) throw error;
      given.problems.push({ field, problem: `has a value that does not fit: ${error.message}` });
      return [];
    }
  });
}

function single(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === "string" || value === undefined ? value : value[0];
}
