import { OutsideError } from "@protector/ports";
import type { Fields } from "./answer.ts";

/** Microversions that a client can speak, both ends included. */
export interface MicroversionRange {
  readonly service: string;
  /** How the version header calls the service. */
  readonly headerName: string;
  /** Start of the version document's `id`, e.g. `v2.1`. */
  readonly documentId: string;
  readonly floor: string;
  readonly ceiling: string;
}

/**
 * The highest microversion that both sides know.
 *
 * @param document answer of the service's version address: `{"version": …}` (Nova) or `{"versions": [ … ]}` (Cinder).
 * @throws OutsideError `needs_operator` when the service is older than the floor.
 */
export function negotiate(document: Fields, range: MicroversionRange): string {
  const single = document.optionalObject("version");
  const offered = single ? [single] : document.list("versions");
  const version = offered.find((entry) => entry.optionalText("id")?.startsWith(range.documentId));
  const theirs = version?.optionalText("version") || version?.optionalText("max_version") || "";
  if (theirs !== "" && compareVersions(theirs, range.floor) >= 0) {
    return compareVersions(theirs, range.ceiling) < 0 ? theirs : range.ceiling;
  }
  throw new OutsideError({
    service: range.service,
    call: "version document",
    status: undefined,
    detail: `microversion ${range.floor} is needed, the service offers ${theirs || "none"}`,
    remoteRequestId: undefined,
    failureClass: "needs_operator",
    effect: "none",
  });
}

/** Below zero when `a` is the older of two `X.Y` versions. */
export function compareVersions(a: string, b: string): number {
  const [majorA = 0, minorA = 0] = a.split(".").map(Number);
  const [majorB = 0, minorB = 0] = b.split(".").map(Number);
  return majorA - majorB || minorA - minorB;
}
