import { timeText } from "./duration.ts";

/** A value that can stand in a cell. */
export type Cell = string | number | boolean | null | undefined;

/** One column of a list, or one line of a record. */
export interface Column<T> {
  /** Name for `-c`; the resource's own where it has one. */
  readonly name: string;
  /** Default: the value of that name. */
  readonly cell?: (item: T) => Cell;
  /** Holds sentences: in a table on a terminal they go on in further lines instead of being cut. */
  readonly isWrapped?: boolean;
  /** Left out first where a terminal has no room for all. */
  readonly isMinor?: boolean;
  /** The value is a time, ISO 8601: people at a terminal read how long ago it was. */
  readonly isTime?: boolean;
}

/** What a column shows of an item. */
export function valueIn<T extends object>(item: T, column: Column<T>): unknown {
  const value = column.cell ? column.cell(item) : (item as Record<string, unknown>)[column.name];
  return column.isTime && typeof value === "string" ? timeText(value) : value;
}

/** A value as text. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
