import { ProtectorError } from "@protector/contract";
import type { DbTime } from "./schema.ts";

/** How a column is compared with the values of a filter. */
export const FILTER_OPERATORS = ["eq", "in", "nin", "neq", "gt", "gte", "lt", "lte"] as const;
export type FilterOperator = (typeof FILTER_OPERATORS)[number];

/** One condition of a list; several are all to be met. */
export interface Filter {
  readonly column: string;
  readonly operator: FilterOperator;
  /** One value; `in` and `nin` take any number. */
  readonly values: readonly (string | number)[];
}

/**
 * Reads `value` or `operator:value` of a query parameter: `in:a,"b,c"`, `gt:2026-01-01T00:00:00Z`.
 *
 * Columns that end in `_at` take ISO 8601 times, those that begin with `is_` take `true` and `false`.
 * @param column column of the database, already known to be one that can be filtered by.
 * @throws ProtectorError `request.invalid` when the value does not fit the column.
 */
export function parseFilter(column: string, text: string): Filter {
  const [, named, rest] = /^(in|nin|neq|gte|gt|lte|lt):(.*)$/s.exec(text) ?? [];
  const operator = (named ?? "eq") as FilterOperator;
  const raw = rest ?? text;
  const parts = operator === "in" || operator === "nin" ? splitList(raw) : [raw];
  return { column, operator, values: parts.map((part) => columnValue(column, part)) };
}

function columnValue(column: string, text: string): string | number {
  if (column.startsWith("is_")) return flagValue(column, text);
  if (column.endsWith("_at")) return timeValue(column, text);
  return text;
}

function flagValue(column: string, text: string): 0 | 1 {
  switch (text.toLowerCase()) {
    case "true":
    case "1":
      return 1;
    case "false":
    case "0":
      return 0;
    default:
      throw invalid(column, `${column} is true or false, not "${text}"`);
  }
}

const ISO_TIME = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,6}))?(?:Z|\+00:?00)?)?$/;

function timeValue(column: string, text: string): DbTime {
  const [, day, time = "00:00:00", fraction = ""] = ISO_TIME.exec(text) ?? [];
  if (day === undefined || Number.isNaN(Date.parse(`${day}T${time}Z`)))
    throw invalid(column, `${column} is a time in UTC such as 2026-01-31T12:00:00Z, not "${text}"`);
  return `${day} ${time.length === 5 ? `${time}:00` : time}.${fraction.padEnd(6, "0")}`;
}

/** Values between commas; one in double quotes may hold commas. */
function splitList(text: string): readonly string[] {
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"|([^,]+)/g)].map(([, quoted, plain]) =>
    quoted === undefined ? (plain ?? "").trim() : quoted.replace(/\\(.)/g, "$1"),
  );
}

function invalid(field: string, problem: string): ProtectorError {
  return new ProtectorError("request.invalid", problem, { facts: { fields: [{ field, problem }] } });
}
