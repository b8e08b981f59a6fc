import type { ArrayPod, PodHalf } from "../storage-array.ts";
import { listWhere } from "./listing.ts";
import type { PodArrayRow, PodRow } from "./rows.ts";
import type { ArraySession } from "./session.ts";

const LISTING = { path: "pods", sort: "name", field: "name" } as const;
const STATUSES = ["online", "resyncing", "offline", "suspended"] as const;
const MEDIATORS = ["online", "unreachable", "flummoxed"] as const;

/** A live pod as the asked array tells of it. */
export async function findPod(session: ArraySession, name: string): Promise<ArrayPod | undefined> {
  const [row] = await listWhere<PodRow>(session, { ...LISTING, query: { destroyed: false } }, [name]);
  return row && { name: row.name, halves: row.arrays.map(halfOf) };
}

/** What a release says that is not known here counts as `unknown`: nothing recovers on it. */
function halfOf(row: PodArrayRow): PodHalf {
  const status = STATUSES.find((each) => each === row.status) ?? "unknown";
  return {
    array: row.name,
    arrayId: row.id,
    status,
    mediator: MEDIATORS.find((each) => each === row.mediator_status) ?? "unknown",
    isPreElected: row.pre_elected,
    frozenAt: row.frozen_at ?? undefined,
    progress: status === "resyncing" ? (row.progress ?? 0) : undefined,
  };
}
