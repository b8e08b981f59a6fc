import { writeTime } from "../db/codecs.ts";
import type { DbTime } from "../db/schema.ts";

export { flag, writeJson, writeOptionalJson, writeTime } from "../db/codecs.ts";

/** Database time of an ISO 8601 time that may be null. */
export function writeOptionalTime(time: string | null): DbTime | null {
  return time === null ? null : writeTime(Date.parse(time));
}
