import { ProtectorError } from "@protector/contract";
import { type RawBuilder, type SelectQueryBuilder, type SqlBool, sql } from "kysely";
import type { Filter } from "./filter.ts";
import { ForceIndex } from "./force-index.ts";
import type { Database } from "./schema.ts";

/** A column to sort by. */
export interface SortKey {
  readonly column: string;
  readonly direction: "asc" | "desc";
}

/** Which part of a list is wanted, in which order. */
export interface ListRequest {
  readonly filters?: readonly Filter[];
  /** Columns without nulls. Default: newest first. */
  readonly sort?: readonly SortKey[];
  /** Most rows; without it all. */
  readonly limit?: number;
  /** Id of the row that the page starts after. */
  readonly marker?: string;
}

/** A query that already says what may be seen, and how to page through it. */
export interface Listing<TB extends keyof Database, O> {
  readonly query: SelectQueryBuilder<Database, TB, O>;
  /** Table that the columns of the request are of. */
  readonly table: TB & string;
  /** Columns that make the order complete, the unique one last; default `created_at`, `id`. */
  readonly tieBreak?: readonly string[];
  readonly defaultSort?: readonly SortKey[];
  /** For long lists on MariaDB. */
  readonly pageIndexes?: PageIndexes;
}

/**
 * Indexes that hold a whole order. MariaDB's planner takes an equality on the first column of an index for as good as
 * the range that begins at the marker, and then reads half of the project's rows to reach it; told which index to use,
 * it begins at the marker.
 */
export interface PageIndexes {
  /** Columns that the query fixes to one value. */
  readonly fixed: readonly string[];
  /** Name of the index by its columns before the tie-break: fixed ones, filters for one value, the column sorted by. */
  readonly names: Readonly<Record<string, string>>;
}

/**
 * One page of a list, in an order that is the same every time. Pages continue after a row's values, not after a number
 * of rows, so the last page costs as much as the first and new rows move nothing.
 * @throws ProtectorError `pagination.marker_not_found` when no row that may be seen has the marker's id.
 */
export async function list<TB extends keyof Database, O>(
  {
    query,
    table,
    tieBreak = ["created_at", "id"],
    defaultSort = [{ column: "created_at", direction: "desc" }],
    pageIndexes,
  }: Listing<TB, O>,
  request: ListRequest,
): Promise<O[]> {
  const sort = completeSort(request.sort?.length ? request.sort : defaultSort, tieBreak);
  let page = query;
  for (const filter of request.filters ?? []) page = page.where(condition(table, filter));
  if (request.marker !== undefined) {
    const values = await markerValues({ query, table }, sort, request.marker);
    for (const after of startAfter(table, sort, values)) page = page.where(after);
    const index = pageIndexes && indexOfPage(pageIndexes, request);
    if (index !== undefined) page = page.withPlugin(new ForceIndex(index));
  }
  for (const { column, direction } of sort) page = page.orderBy(ref(table, column), direction);
  if (request.limit !== undefined) page = page.limit(request.limit);
  return page.execute();
}

function indexOfPage({ fixed, names }: PageIndexes, { sort = [], filters = [] }: ListRequest): string | undefined {
  if (sort.length > 1) return undefined;
  const equal = filters.filter(({ operator }) => operator === "eq").map(({ column }) => column);
  return names[[...fixed, ...equal, sort[0]?.column ?? "created_at"].join(" ")];
}

/** The tie-break follows the last key's direction, so that one index gives the whole order. */
function completeSort(sort: readonly SortKey[], tieBreak: readonly string[]): readonly SortKey[] {
  const direction = sort.at(-1)?.direction ?? "asc";
  const missing = tieBreak.filter((column) => !sort.some((key) => key.column === column));
  return [...sort, ...missing.map((column) => ({ column, direction }))];
}

async function markerValues<TB extends keyof Database, O>(
  { query, table }: Pick<Listing<TB, O>, "query" | "table">,
  sort: readonly SortKey[],
  marker: string,
): Promise<readonly unknown[]> {
  const row: Record<string, unknown> | undefined = await query
    .clearSelect()
    .select(sort.map(({ column }, index) => ref(table, column).as(`key_${index}`)))
    .where(sql<SqlBool>`${ref(table, "id")} = ${marker}`)
    .executeTakeFirst();
  if (!row)
    throw new ProtectorError("pagination.marker_not_found", `The list has nothing with the marker's id ${marker}.`);
  return sort.map((_, index) => row[`key_${index}`]);
}

/**
 * Rows after `values`: `a > x OR (a = x AND (b > y OR …))`, with `a >= x` stated beside it, which lets every database
 * begin reading its index at the marker.
 */
function startAfter(
  table: string,
  sort: readonly SortKey[],
  values: readonly unknown[],
): readonly RawBuilder<SqlBool>[] {
  const beyond = (index: number): RawBuilder<SqlBool> => {
    const { column, direction } = sort[index] ?? { column: "id", direction: "asc" };
    const left = ref(table, column);
    const comparison = direction === "asc" ? sql`>` : sql`<`;
    const strictly = sql<SqlBool>`${left} ${comparison} ${values[index]}`;
    if (index === sort.length - 1) return strictly;
    return sql<SqlBool>`(${strictly} or (${left} = ${values[index]} and ${beyond(index + 1)}))`;
  };
  const first = sort[0];
  if (!first) return [];
  const bound = first.direction === "asc" ? sql`>=` : sql`<=`;
  return [sql<SqlBool>`${ref(table, first.column)} ${bound} ${values[0]}`, beyond(0)];
}

function condition(table: string, { column, operator, values }: Filter): RawBuilder<SqlBool> {
  const left = ref(table, column);
  const value = values[0] ?? "";
  switch (operator) {
    case "eq":
      return sql<SqlBool>`${left} = ${value}`;
    case "neq":
      return sql<SqlBool>`(${left} <> ${value} or ${left} is null)`;
    case "gt":
      return sql<SqlBool>`${left} > ${value}`;
    case "gte":
      return sql<SqlBool>`${left} >= ${value}`;
    case "lt":
      return sql<SqlBool>`${left} < ${value}`;
    case "lte":
      return sql<SqlBool>`${left} <= ${value}`;
    case "in":
      return values.length === 0 ? sql<SqlBool>`1 = 0` : sql<SqlBool>`${left} in (${sql.join(values)})`;
    case "nin":
      return values.length === 0
        ? sql<SqlBool>`1 = 1`
        : sql<SqlBool>`(${left} not in (${sql.join(values)}) or ${left} is null)`;
  }
}

function ref(table: string, column: string) {
  return sql.ref<unknown>(`${table}.${column}`);
}
