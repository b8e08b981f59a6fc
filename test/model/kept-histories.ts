import { type HistoryEvent, REASON } from "./events.ts";

/** A history that once broke something. */
export interface KeptHistory {
  /** What has to hold. */
  readonly what: string;
  readonly events: readonly HistoryEvent[];
}

const types = (line: string, near: "site-a" | "site-b", seconds: number): HistoryEvent => ({
  kind: "types",
  line: `${line} --no-wait`,
  near,
  seconds,
});

export const KEPT_HISTORIES: readonly KeptHistory[] = [
  {
    what: "a site that learns of a new primary from a document fences itself, as when it learns from a marker",
    events: [
      types(`reclaim shop --reason ${REASON} --yes`, "site-a", 1),
      types("member add shop app-01 --tier 2", "site-a", 1),
      types(`failover shop --unplanned --reason ${REASON} --yes`, "site-a", 5),
    ],
  },
];
