import { ERROR_CATALOGUE, ROUTES, type Route, type RouteName } from "@protector/contract";
import { EXIT } from "../exit-codes.ts";

/** How a command goes about its sites; the words are those of the documentation. */
export const FLOWS = {
  /** One site, the near one unless `--site` names another. */
  one: "near",
  both: "both",
  /** Looks at the group on both sites, carries what is owed, reads at the primary. */
  inspect: "inspect",
  /** Looks at the group on both sites and mends nothing. */
  compare: "step 1",
  /** The protocol of two sites. */
  change: "change",
  /** A plan first, then the same again in earnest, at the site that runs it. */
  recovery: "inspect; at the site that runs it",
  /** Plans of both sites are compared, the newer version of each carried to the other site. */
  plan: "both: plans exchanged; the near site",
  /** At the site that the groups come to. */
  siteRun: "both: `GET /sites`; the site that runs it",
  /** At the site that runs the operation. */
  operation: "both: `GET /operations/{id}`; the site that runs it",
} as const;
export type Flow = keyof typeof FLOWS;

/** What a command asks of the API. */
export interface Calls {
  readonly flow: Flow;
  /** Beside those that the flow makes by itself. */
  readonly routes: readonly RouteName[];
  /** Key of an action's body. */
  readonly verb?: string;
  /** Exit code 3 is its own verdict, not only the API's. */
  readonly isVerdict?: true;
  /** `operation`: it waits for one; `own`: for something else, within `--timeout`. Default: what its routes start. */
  readonly waitsFor?: "operation" | "own" | "nothing";
}

const recovery = (verb: string): Calls => ({ flow: "recovery", routes: ["protection_groups.action"], verb });
const runs = (route: RouteName): Calls => ({ flow: "plan", routes: [route], waitsFor: "operation" });
const asked = (verb: string): Calls => ({ flow: "operation", routes: ["operations.action"], verb });
const POLICY = {
  show: { flow: "inspect", routes: ["policies.show"] },
  create: { flow: "change", routes: ["policies.create"] },
  update: { flow: "change", routes: ["policies.show", "policies.update"] },
  delete: { flow: "change", routes: ["operations.index", "kept_snapshots.index", "policies.delete"] },
} as const satisfies Record<string, Calls>;

/** By the command's words. A test runs the commands and holds what they ask against this. */
export const CALLS: Readonly<Record<string, Calls>> = {
  "site create": { flow: "both", routes: ["versions.show", "sites.index", "sites.create", "sites.update"] },
  "site list": { flow: "one", routes: ["sites.index", "site_summaries.index"] },
  "site show": { flow: "one", routes: ["sites.index"] },
  "site set": { flow: "one", routes: ["sites.index", "sites.update"] },
  "site delete": { flow: "one", routes: ["sites.index", "sites.delete"] },
  "site validate": {
    flow: "one",
    routes: ["sites.index", "sites.validate", "sites.show"],
    isVerdict: true,
    waitsFor: "own",
  },
  "site volume-types": { flow: "one", routes: ["sites.index", "sites.volume_types"] },
  "site failover": { ...runs("site_failovers.create"), flow: "siteRun" },
  "service list": { flow: "one", routes: ["services.index"] },
  "tenant-mapping create": {
    flow: "both",
    routes: ["versions.show", "tenant_mappings.create", "tenant_mappings.index"],
  },
  "tenant-mapping list": { flow: "one", routes: ["tenant_mappings.index"] },
  "tenant-mapping delete": { flow: "both", routes: ["tenant_mappings.index", "tenant_mappings.delete"] },
  "protection-group create": { flow: "change", routes: ["protection_groups.create"] },
  "protection-group list": { flow: "one", routes: ["protection_groups.index"] },
  "protection-group show": { flow: "inspect", routes: [] },
  "protection-group set": { flow: "change", routes: ["protection_groups.update"] },
  "protection-group delete": {
    flow: "change",
    routes: ["kept_snapshots.index", "kept_snapshots.delete", "protection_groups.delete", "protection_groups.action"],
    verb: "delete",
  },
  "protection-group replace-peer": { flow: "compare", routes: ["protection_groups.action"], verb: "replace_peer" },
  "protection-group replicate": { flow: "inspect", routes: ["protection_groups.action"], verb: "sync" },
  "protection-group policy-show": POLICY.show,
  "protection-group policy-create": POLICY.create,
  "protection-group policy-update": POLICY.update,
  "protection-group policy-delete": POLICY.delete,
  "protection-group sync-status": { flow: "compare", routes: ["sync.document"], isVerdict: true },
  "protection-group sync-force": {
    flow: "compare",
    routes: ["sync.document", "sync.update", "sync.force", "sync.receipt"],
  },
  "protection-group readiness": {
    flow: "inspect",
    routes: ["readiness.show", "readiness.check", "readiness.findings"],
    isVerdict: true,
    waitsFor: "own",
  },
  "policy show": POLICY.show,
  "policy create": POLICY.create,
  "policy update": POLICY.update,
  "policy delete": POLICY.delete,
  "member add": { flow: "change", routes: ["members.index", "members.create"] },
  "member list": { flow: "inspect", routes: ["members.index"] },
  "member show": { flow: "inspect", routes: ["members.index"] },
  "member set": { flow: "change", routes: ["members.index", "members.update"] },
  "member update": { flow: "change", routes: ["members.index", "members.action"], verb: "accept_drift" },
  "member remove": { flow: "change", routes: ["members.index", "members.delete"] },
  "mapping show": { flow: "inspect", routes: ["mappings.show", "mappings.show_defaults"] },
  "mapping set": {
    flow: "change",
    routes: ["mappings.show", "mappings.update", "mappings.show_defaults", "mappings.update_defaults"],
  },
  "mapping suggest": {
    flow: "change",
    routes: [
      "mappings.suggest",
      "mappings.show",
      "mappings.update",
      "mappings.suggest_defaults",
      "mappings.show_defaults",
      "mappings.update_defaults",
    ],
  },
  "mapping export": {
    flow: "inspect",
    routes: ["mappings.show", "members.index", "mappings.show_defaults"],
  },
  "mapping import": {
    flow: "change",
    routes: ["mappings.show", "members.index", "mappings.update", "mappings.show_defaults", "mappings.update_defaults"],
  },
  "hook list": { flow: "inspect", routes: ["hooks.show"] },
  "hook add": { flow: "change", routes: ["members.index", "hooks.show", "hooks.update"] },
  "hook remove": { flow: "change", routes: ["hooks.show", "hooks.update"] },
  "recovery-point list": { flow: "inspect", routes: ["recovery_points.index"] },
  "kept-snapshot list": { flow: "compare", routes: ["kept_snapshots.index"] },
  "kept-snapshot delete": { flow: "compare", routes: ["kept_snapshots.index", "kept_snapshots.delete"] },
  "recovery-plan create": { flow: "plan", routes: ["recovery_plans.create"] },
  "recovery-plan list": { flow: "plan", routes: [] },
  "recovery-plan show": { flow: "plan", routes: [] },
  "recovery-plan set": { flow: "plan", routes: ["recovery_plans.update"] },
  "recovery-plan add-group": { flow: "plan", routes: ["recovery_plans.update"] },
  "recovery-plan remove-group": { flow: "plan", routes: ["recovery_plans.update"] },
  "recovery-plan delete": { flow: "plan", routes: ["recovery_plans.delete"] },
  "recovery-plan run": runs("recovery_plans.action"),
  failover: recovery("failover"),
  failback: recovery("failback"),
  reprotect: recovery("reprotect"),
  "move-home": recovery("move_home"),
  reclaim: { ...recovery("reclaim"), routes: ["operations.index", "protection_groups.action"] },
  "test-failover": recovery("test_failover"),
  "test-cleanup": {
    flow: "compare",
    routes: ["operations.index", "protection_groups.action"],
    verb: "test_cleanup",
  },
  "drill-schedule create": { flow: "inspect", routes: ["drill_schedules.create"] },
  "drill-schedule list": { flow: "both", routes: ["drill_schedules.index"] },
  "drill-schedule show": { flow: "both", routes: ["drill_schedules.index", "drill_schedules.show"] },
  "drill-schedule set": {
    flow: "both",
    routes: ["drill_schedules.index", "drill_schedules.show", "drill_schedules.update"],
  },
  "drill-schedule delete": {
    flow: "both",
    routes: ["drill_schedules.index", "drill_schedules.show", "drill_schedules.delete"],
  },
  "test-promote": recovery("test_promote"),
  "operation list": { flow: "both", routes: ["versions.show", "operations.index", "operations.show"] },
  "operation show": { flow: "operation", routes: ["operations.steps"] },
  "operation watch": { flow: "operation", routes: ["operations.steps"], waitsFor: "operation" },
  "operation report": { flow: "operation", routes: ["operations.report"] },
  "operation cancel": asked("cancel"),
  "operation retry": asked("retry"),
  "operation rollback": asked("rollback"),
  "operation resume": asked("resume"),
  "operation skip": asked("skip"),
  "operation commit": asked("commit"),
  "operation abandon": asked("abandon"),
  "report verify": { flow: "one", routes: ["site_summaries.index"] },
  "health show": { flow: "one", routes: ["health.show"], isVerdict: true },
  doctor: {
    flow: "both",
    routes: [
      "versions.index",
      "versions.show",
      "protection_groups.index",
      "protection_groups.update",
      "protection_groups.action",
      "readiness.show",
      "site_summaries.index",
    ],
    isVerdict: true,
    waitsFor: "nothing",
  },
};

/** Calls that a flow makes by itself: to find a group by its name, to look at it, to carry what is owed, to wait. */
export const FLOW_CALLS: Readonly<Record<Flow, readonly RouteName[]>> = (() => {
  const name = ["protection_groups.index", "site_summaries.index"] as const;
  const look = [...name, "versions.show", "protection_groups.show", "sync.show"] as const;
  const carry = [...look, "sync.document", "sync.update", "sync.receipt"] as const;
  const wait = [...carry, "operations.index", "operations.show", "operations.steps", "members.index"] as const;
  const plan = [...wait, "recovery_points.index"] as const;
  const exchange = [
    ...wait,
    "recovery_plans.index",
    "recovery_plans.show",
    "recovery_plans.document",
    "recovery_plans.deliver",
  ] as const;
  return {
    plan: exchange,
    siteRun: wait,
    one: carry,
    both: name,
    inspect: wait,
    compare: wait,
    change: wait,
    recovery: plan,
    operation: wait,
  };
})();

/** Whether a command waits for an operation. */
function waitsForOperation({ flow, routes, waitsFor }: Calls): boolean {
  if (waitsFor === "nothing") return false;
  const isStarting = (route: Route) => route.method !== "GET" && route.status === 202 && hasOperation(route);
  return waitsFor === "operation" || flow === "recovery" || routes.some((name) => isStarting(ROUTES[name]));
}

function hasOperation({ response }: Route): boolean {
  return response !== null && "properties" in response && "operation" in (response.properties as object);
}

/** Exit codes that a command can end with. */
export function exitCodesOf(calls: Calls): readonly number[] {
  const errors = calls.routes.flatMap((name) => (ROUTES[name] as Route).errors);
  const isRefused = calls.isVerdict || errors.some((code) => ERROR_CATALOGUE[code].status === 409);
  const isWaiting = waitsForOperation(calls);
  const codes = [
    EXIT.done,
    EXIT.error,
    EXIT.usage,
    ...(isRefused ? [EXIT.refusedByState] : []),
    ...(isWaiting ? [EXIT.completedWithErrors] : []),
    ...(isWaiting || calls.waitsFor === "own" ? [EXIT.timedOut] : []),
    EXIT.peerUnreachable,
    ...(isWaiting || calls.waitsFor === "own" ? [EXIT.interrupted] : []),
  ];
  return codes;
}

/** What a command asks of the API, for the documentation. */
export function callsText(calls: Calls): string {
  const { flow, routes, verb, waitsFor } = calls;
  const texts = routes.map((name) => callText(ROUTES[name], verb)).join(", ");
  const wait = waitsForOperation(calls) ? "; wait" : waitsFor === "own" ? "; until it is done" : "";
  if (routes.length === 0) return FLOWS[flow];
  if (flow === "change") return `change(${texts})${wait}`;
  const twice = flow === "recovery" ? ", first as a dry run" : "";
  return `${FLOWS[flow]}${flow === "inspect" || flow === "compare" ? ";" : ":"} ${texts}${twice}${wait}`;
}

function callText({ method, path }: Route, verb: string | undefined): string {
  const short = path.replace("/v1/{project_id}", "").replace("/protection-groups/{id}/", "…/");
  return `\`${method} ${short}${verb && path.endsWith("/action") ? ` {${verb}}` : ""}\``;
}
