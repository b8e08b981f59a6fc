import type { DbTime, Flag, Json } from "./schema.ts";

/** JSON text of a value. */
export function writeJson<T>(value: T): Json<T> {
  return JSON.stringify(value);
}

/** JSON text of a value that may be null. */
export function writeOptionalJson<T>(value: T | null): Json<T> | null {
  return value === null ? null : writeJson(value);
}

/** The value of a JSON column. */
export function readJson<T>(text: Json<T>): T {
  return JSON.parse(text) as T;
}

/** The value of a JSON column that may be null. */
export function readOptionalJson<T>(text: Json<T> | null): T | null {
  return text === null ? null : readJson<T>(text);
}

/** ms since the UNIX epoch as the database writes it. */
export function writeTime(ms: number): DbTime {
  return new Date(ms).toISOString().replace("T", " ").replace("Z", "000");
}

/** ms since the UNIX epoch of a database time. */
export function readTime(time: DbTime): number {
  return Date.parse(`${time.replace(" ", "T").slice(0, 23)}Z`);
}

/** ISO 8601 of a database time, as the API gives it. */
export function isoTime(time: DbTime): string {
  return `${time.replace(" ", "T")}Z`;
}

/** ISO 8601 of a database time that may be null. */
export function isoTimeOrNull(time: DbTime | null): string | null {
  return time === null ? null : isoTime(time);
}

/** A flag column from a boolean. */
export function flag(value: boolean): Flag {
  return value ? 1 : 0;
}
