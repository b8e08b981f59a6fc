import { readOptionalJson } from "../../db/codecs.ts";
import type { OperationRow } from "./operation-store.ts";

/** What a person has asked of an operation, and the engine has not taken up. */
export function requestOf(operation: Pick<OperationRow, "request">) {
  return readOptionalJson(operation.request);
}

/** What a person asked of an operation. */
export type PersonRequest = NonNullable<ReturnType<typeof requestOf>>;
