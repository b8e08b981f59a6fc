import fc from "fast-check";
import { USUAL_MAPPINGS } from "../two-sites/protected-shop.ts";
import type { SiteName } from "../world/test-site.ts";

export type { SiteName };

/** Something that happens to two sites that protect the group `shop`; `seconds` pass after it. */
export type HistoryEvent = { readonly seconds: number } & (
  | /** A person types a command at one of the two clouds. `OPERATION` is the newest operation that is not over. */
  { readonly kind: "types"; readonly line: string; readonly near: SiteName }
  /** Cloud, array and Protector of a site answer nobody any more, and its servers lose their power. */
  | { readonly kind: "is_lost"; readonly site: SiteName }
  /** They answer again; hypervisors have started what ran. */
  | { readonly kind: "returns"; readonly site: SiteName }
  /** The next calls to some services are refused, lose their answers, or take effect late. */
  | {
      readonly kind: "fails";
      readonly service: string;
      readonly fault: "refuse" | "lost_answer" | "late";
      readonly times: number;
    }
  /** A site's engine is killed; another host of the site goes on. */
  | { readonly kind: "engine_dies"; readonly site: SiteName }
  /** The owner of a server changes it where it runs, past Protector: its disks grow, or its flavor changes. */
  | { readonly kind: "changes"; readonly server: string; readonly how: "grows" | "is_resized" }
);

export const REASON = '"nothing runs there, two people have looked"';

/** Who may fail over the groups of all projects. */
export const ADMINISTRATOR = "--os-cloud admin-a --secondary-cloud admin-b";

/** The same, who asks something of an operation at one site. */
export function administratorOf(site: SiteName): string {
  return `--os-cloud ${site.replace("site", "admin")} --secondary-cloud ${site === "site-a" ? "admin-b" : "admin-a"}`;
}

/** For so long somebody waits for a plan that a lost site keeps from being made. */
const PLAN_LIMIT = "--timeout 600";

/** A web service of the tenant's that a recovery calls. */
const HOOK = "https://hooks.example.com";

/** Maps for recoveries and tests everything that the servers use. */
export const MAP_ANEW = `mapping set shop ${USUAL_MAPPINGS} --test-volume-type replicated=plain`;

/** Gives the group the site outside of it as its second one, whose array is BACKEND. */
export const REPLACE_PEER = `pg replace-peer shop --secondary-backend BACKEND --reason ${REASON} --yes`;

/** What people type most. */
const USUAL_LINES = [
  "failover shop --yes --no-wait",
  `failover shop --unplanned --reason ${REASON} --yes --no-wait`,
  "reprotect shop --yes --no-wait",
  "failback shop --yes --no-wait",
  "test-failover shop --yes --no-wait",
  "operation retry OPERATION --no-wait",
] as const;

/**
 * With those, every verb that changes a group or an operation. Left out, each with the tests that have it:
 *
 * - what changes no group: `list`, `show`, `doctor`, `health`, `report`, `mapping export` (test/two-sites);
 * - an administrator's `site` and `tenant-mapping` verbs, which are refused while groups use what they change;
 * - `mapping import` and files of plans, which write what `mapping set` and a plan that is confirmed write;
 * - readiness gates (test/world/readiness-gates.test.ts): a server here says nothing that one could wait for;
 * - databases restored from a backup, the only ones that `sync-force --from` finds in conflict (test/two-sites/sync-protocol.test.ts);
 * - a third site for groups of type sync: its array would need a pod with both others;
 * - idempotency keys, which repeat one request (packages/server/src/api/api.test.ts).
 */
const OTHER_LINES = [
  "failover shop --unplanned --yes --no-wait",
  "reclaim shop --yes --no-wait",
  `reclaim shop --reason ${REASON} --yes --no-wait`,
  "test-failover shop --auto-cleanup --yes --no-wait",
  "test-cleanup shop --no-wait",
  "pg replicate shop --no-wait",
  "failover shop --commit-window 10m --yes --no-wait",
  "failover shop --commit-window 5m --at-window-end rollback --yes --no-wait",
  "operation commit OPERATION --no-wait",
  `operation skip OPERATION --member web-01 --reason ${REASON} --no-wait`,
  "move-home shop --yes --no-wait",
  "kept-snapshot delete shop --all --yes --no-wait",
  "member update shop --accept-drift --no-wait",
  "pg set shop --description changed",
  "pg sync-force shop --yes",
  "member add shop app-01 --tier 2 --no-wait",
  "member remove shop app-01 --no-wait",
  "member set shop web-01 --tier 3",
  "operation cancel OPERATION --no-wait",
  "operation resume OPERATION --no-wait",
  `operation resume OPERATION --as unplanned --reason ${REASON} --no-wait`,
  "operation rollback OPERATION --no-wait",
  `operation abandon OPERATION --reason ${REASON} --no-wait`,
  "test-promote shop --yes --no-wait",
  `test-promote shop --reason ${REASON} --yes --no-wait`,
  `recovery-plan run everything --yes --no-wait ${PLAN_LIMIT}`,
  `recovery-plan run everything --unplanned --reason ${REASON} --yes --no-wait ${PLAN_LIMIT}`,
  `recovery-plan run everything --test --yes --no-wait ${PLAN_LIMIT}`,
  `recovery-plan run everything --reprotect --yes --no-wait ${PLAN_LIMIT}`,
  `recovery-plan run everything --failback --yes --no-wait ${PLAN_LIMIT}`,
  `site failover site-a --yes --no-wait ${PLAN_LIMIT} ${ADMINISTRATOR}`,
  `site failover site-b --yes --no-wait ${PLAN_LIMIT} ${ADMINISTRATOR}`,
  `site failover site-a --unplanned --reason ${REASON} --yes --no-wait ${PLAN_LIMIT} ${ADMINISTRATOR}`,
  `site failover site-a --failback --yes --no-wait ${PLAN_LIMIT} ${ADMINISTRATOR}`,
  "policy update shop --replication-interval 600 --rpo-minutes 30 --no-wait",
  "policy update shop --replication-interval 300 --rpo-minutes 15 --no-wait",
  "mapping set shop --flavor m1.small=m1.medium",
  "mapping set shop --test-network demo-front=demo-back",
  'drill-schedule create often --protection-group shop --cron "*/10 * * * *" --auto-cleanup --window 15m',
  'drill-schedule create plans --recovery-plan everything --cron "*/15 * * * *" --auto-cleanup',
  "drill-schedule delete often --yes",
  "member remove shop web-01 --no-wait",
  "member remove shop db-01 --no-wait",
  "pg delete shop --no-wait",
  `pg delete shop --peer-lost --reason ${REASON} --no-wait`,
  "pg create shop",
  "policy create shop --primary-backend array-a --secondary-backend array-b --no-wait",
  "policy delete shop --no-wait",
  "member add shop db-01 --tier 0 --no-wait",
  "member add shop web-01 --tier 1 --no-wait",
  "member set shop web-01 --depends-on db-01 --delay 40 --critical",
  `pg sync-force shop --from site-a --reason ${REASON} --yes`,
  `pg sync-force shop --from site-b --reason ${REASON} --yes`,
  `hook add shop --before plan --url ${HOOK}/freeze --undo-url ${HOOK}/thaw`,
  `hook add shop --after tier:1 --url ${HOOK}/flaky --undo-url ${HOOK}/flaky-undo --in-tests`,
  `hook add shop --after cleanup --url ${HOOK}/refuse --on-failure continue`,
  "hook remove shop 1",
  `failover shop --unplanned --point POINT --reason ${REASON} --yes --no-wait`,
  "test-failover shop --point POINT --yes --no-wait",
  "test-failover shop --time-limit 5m --suffix -drill-test --yes --no-wait",
  `operation skip OPERATION --step STEP --reason ${REASON} --no-wait`,
  "mapping suggest shop --apply",
  "drill-schedule set often --disable",
  "drill-schedule set often --enable --hold 5m",
  "recovery-plan set everything --concurrency 1",
  "recovery-plan remove-group everything shop",
  "recovery-plan add-group everything shop --tier 1 --critical",
  `recovery-plan run everything --test-cleanup --yes --no-wait ${PLAN_LIMIT}`,
  `site failover site-a --test --yes --no-wait ${PLAN_LIMIT} ${ADMINISTRATOR}`,
  `site failover site-a --test-cleanup --yes --no-wait ${PLAN_LIMIT} ${ADMINISTRATOR}`,
  `site failover site-a --reprotect --yes --no-wait ${PLAN_LIMIT} ${ADMINISTRATOR}`,
  "recovery-plan delete everything",
] as const;

/** What is typed of a group whose second site has been replaced. */
const LINES_OF_THREE_SITES = [
  MAP_ANEW,
  ...["array-a", "array-b", "array-c"].map((name) => `${REPLACE_PEER.replace("BACKEND", name)} --no-wait`),
] as const;

/** s: within a step, within an operation, longer than most operations, longer than a fence. */
const seconds = fc.constantFrom(1, 5, 20, 60, 150, 150, 400);

/** What may happen to sites of these names. */
function eventAt(names: readonly SiteName[]): fc.Arbitrary<HistoryEvent> {
  const site = fc.constantFrom(...names);
  const typed = (lines: readonly string[]) =>
    fc.record({ kind: fc.constant("types" as const), line: fc.constantFrom(...lines), near: site, seconds });
  const services = names.flatMap((name) => [
    `${name}/`,
    name.replace("site", "array"),
    `${name}/nova`,
    `${name}/cinder`,
  ]);
  return fc.oneof(
    { weight: 12, arbitrary: typed(USUAL_LINES) },
    { weight: 10, arbitrary: typed(OTHER_LINES) },
    ...(names.length > 2 ? [{ weight: 2, arbitrary: typed(LINES_OF_THREE_SITES) }] : []),
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("is_lost" as const), site, seconds }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("returns" as const), site, seconds }) },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant("fails" as const),
        service: fc.constantFrom(...services),
        fault: fc.constantFrom("refuse" as const, "lost_answer" as const, "late" as const),
        times: fc.constantFrom(1, 3, 20),
        seconds,
      }),
    },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("engine_dies" as const), site, seconds }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant("changes" as const),
        server: fc.constantFrom("db-01", "web-01"),
        how: fc.constantFrom("grows" as const, "is_resized" as const),
        seconds,
      }),
    },
  );
}

/** Where the servers ran when their other site was given up and another took its place. */
export type Replaced = "at_home" | "away";

/** What happens to a protected group. */
export interface History {
  /** Its volumes are in a pod of both arrays. */
  readonly isSync: boolean;
  /** Its second site has been replaced by site C before. */
  readonly replaced?: Replaced;
  readonly events: readonly HistoryEvent[];
}

/** Histories of up to `most` events. */
export function histories(most: number): fc.Arbitrary<History> {
  const of = (...names: readonly SiteName[]) =>
    fc.array(eventAt(names), { minLength: 4, maxLength: most, size: "max" });
  const pair = of("site-a", "site-b");
  return fc.oneof(
    { weight: 5, arbitrary: fc.record({ isSync: fc.constant(false), events: pair }) },
    { weight: 1, arbitrary: fc.record({ isSync: fc.constant(true), events: pair }) },
    {
      weight: 2,
      arbitrary: fc.record({
        isSync: fc.constant(false),
        replaced: fc.constantFrom<Replaced>("at_home", "away"),
        events: of("site-a", "site-b", "site-c"),
      }),
    },
  );
}

/** A history as lines of a story. */
export function tell({ isSync, replaced, events }: History): readonly string[] {
  return [
    ...(isSync ? ["the group is of type sync"] : []),
    ...(replaced ? [`its second site has been replaced by site-c, ${replaced.replace("_", " ")}`] : []),
    ...events.map((event) => `${whatOf(event)}; ${event.seconds} s pass`),
  ];
}

function whatOf(event: HistoryEvent): string {
  switch (event.kind) {
    case "types":
      return `at ${event.near}: protector ${event.line}`;
    case "is_lost":
      return `${event.site} is lost`;
    case "returns":
      return `${event.site} returns`;
    case "fails":
      return `${event.service}: ${event.fault}, ${event.times} times`;
    case "engine_dies":
      return `the engine of ${event.site} dies`;
    case "changes":
      return `${event.server} ${event.how.replace("_", " ")}`;
  }
}
