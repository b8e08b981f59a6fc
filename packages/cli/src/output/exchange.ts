import { type Column, valueIn } from "./column.ts";

/** A value with what people read in its place. */
interface Shown {
  readonly value: unknown;
  readonly text: string;
}

/**
 * A result as the plugin of openstackclient reads it: `{kind, columns, rows}`. A cell is the API's own value, or
 * `{value, text}` where people read something else.
 */
export function exchangeLine<T extends object>(
  kind: "list" | "record",
  items: readonly T[],
  columns: readonly Column<T>[],
): string {
  const rows = items.map((item) => columns.map((column) => cellOf(item, column)));
  return `${JSON.stringify({ kind, columns: columns.map(({ name }) => name), rows })}\n`;
}

function cellOf<T extends object>(item: T, column: Column<T>): unknown {
  const own = (item as Record<string, unknown>)[column.name];
  const shown = valueIn(item, column);
  const value = own === undefined ? (shown ?? null) : own;
  if (value === null || shown === value) return isPlain(value) ? value : withText(value, JSON.stringify(value));
  return withText(value, shown === null || shown === undefined ? "" : String(shown));
}

function isPlain(value: unknown): boolean {
  return value === null || typeof value !== "object";
}

function withText(value: unknown, text: string): Shown {
  return { value, text };
}
