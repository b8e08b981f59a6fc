import { writeJson, writeTime } from "../db/codecs.ts";
import type { DbTime, Json } from "../db/schema.ts";

export { flag, writeJson, writeTime } from "../db/codecs.ts";

/** JSON text of a value that may be null. */
export function writeOptionalJson<T>(value: T | null): Json<T> | null {
  return value === null ? null : writeJson(value);
}

/** Database time of an ISO 8601 time that may be null. */
export function writeOptionalTime(time: string | null): DbTime | null {
  return time === null ? null : writeTime(Date.parse(time));
}
