import {
  ADMINISTRATOR,
  type HistoryEvent,
  MAP_ANEW,
  REASON,
  REPLACE_PEER,
  type Replaced,
  type SiteName,
} from "./events.ts";

/** A history that once broke something. */
export interface KeptHistory {
  /** What has to hold. */
  readonly what: string;
  /** Its group is of type sync; default async. */
  readonly isSync?: boolean;
  /** Its second site has been replaced before; default it has not. */
  readonly replaced?: Replaced;
  readonly events: readonly HistoryEvent[];
}

const types = (line: string, near: SiteName, seconds: number): HistoryEvent => ({
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
  {
    what: "a run that finds no group comes to an end when somebody asks it to",
    events: [types(`site failover site-a --failback --yes ${ADMINISTRATOR}`, "site-a", 5)],
  },
  {
    what: "writes that a reprotection has kept are kept when the site that has them is no way home any more",
    events: [
      types(`failover shop --unplanned --reason ${REASON} --yes`, "site-b", 150),
      types("reprotect shop --yes", "site-b", 150),
      types("move-home shop --yes", "site-b", 150),
    ],
  },
  {
    what: "what a failback has emptied is closed in the ledger of the site that had made it",
    events: [
      types("failover shop --yes", "site-a", 150),
      types("reprotect shop --yes", "site-b", 60),
      types("failback shop --yes", "site-a", 150),
    ],
  },
  {
    what: "a server that is no member any more is neither recovered nor fenced",
    events: [
      types("member remove shop web-01", "site-b", 150),
      types(`failover shop --unplanned --reason ${REASON} --yes`, "site-a", 60),
    ],
  },
  {
    what: "a site that was given up returns, and the group fails over to the new one, is tested there and comes home",
    replaced: "at_home",
    events: [
      types("test-failover shop --yes", "site-a", 150),
      types("test-cleanup shop", "site-a", 60),
      { kind: "returns", site: "site-b", seconds: 150 },
      types("failover shop --yes", "site-a", 150),
      types("reprotect shop --yes", "site-c", 150),
      types("failback shop --yes", "site-a", 150),
    ],
  },
  {
    what: "a site that was given up returns with its servers running, and stops them",
    replaced: "away",
    events: [
      { kind: "returns", site: "site-a", seconds: 150 },
      types("failover shop --yes", "site-b", 150),
      { kind: "is_lost", site: "site-c", seconds: 60 },
      types(`failover shop --unplanned --reason ${REASON} --yes`, "site-b", 150),
    ],
  },
  {
    what: "nothing is reclaimed at a new second site, which the servers have never left",
    replaced: "away",
    events: [types(`reclaim shop --reason ${REASON} --yes`, "site-b", 150)],
  },
  {
    what: "a site that was given up is not primary again when the new pair changes its primary; it can be the second site again",
    replaced: "at_home",
    events: [
      { kind: "returns", site: "site-b", seconds: 150 },
      { kind: "is_lost", site: "site-c", seconds: 150 },
      types(REPLACE_PEER.replace("BACKEND", "array-b"), "site-a", 400),
      { kind: "types", line: MAP_ANEW, near: "site-a", seconds: 30 },
      types("failover shop --yes", "site-a", 150),
      { kind: "returns", site: "site-c", seconds: 150 },
    ],
  },
  {
    what: "a group that was deleted without its lost home leaves nothing there when that returns",
    events: [
      { kind: "is_lost", site: "site-a", seconds: 150 },
      types(`failover shop --unplanned --reason ${REASON} --yes`, "site-b", 150),
      { kind: "types", line: "recovery-plan remove-group everything shop", near: "site-b", seconds: 5 },
      types(`pg delete shop --peer-lost --reason ${REASON}`, "site-b", 150),
      { kind: "returns", site: "site-a", seconds: 150 },
    ],
  },
];
