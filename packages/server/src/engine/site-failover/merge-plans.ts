import { createHash } from "node:crypto";
import {
  type CheckResult,
  canonicalJson,
  type DurationForecast,
  ERROR_CATALOGUE,
  type Plan,
} from "@protector/contract";
import { runSeconds } from "../../domain/plan-order.ts";
import type { RunOrder } from "../../domain/run-order.ts";
import { wishOf } from "../../domain/run-order.ts";
import type { Choice } from "./choose-groups.ts";
import { type ChosenGroup, plannedGroupStep } from "./group-step.ts";

/** What the dry run of one group came to. */
export interface GroupPlan {
  readonly group: ChosenGroup;
  /** Null when none could be made: `refusal` says why. */
  readonly plan: Plan | null;
  readonly refusal: {
    readonly code: string;
    readonly detail: string;
    /** What can be done with the whole run. */
    readonly remedy: string | null;
  } | null;
}

/** Most groups whose run is calculated ahead. */
const MOST_CALCULATED = 1000;

/** Most groups that a warning names. */
const MOST_NAMED = 10;

/** The plan of a run before its groups' plans are known. */
export function outlineOf({ groups, unkept }: Choice, order: RunOrder): Plan {
  return {
    steps: groups.map((group) => {
      const { key, kind, title, phase, site, memberId, dependsOn } = plannedGroupStep(group);
      const depends_on = [...dependsOn];
      return { key, kind, title, phase, site, member_id: memberId, depends_on, is_point_of_no_return: false };
    }),
    blockers: groups.length === 0 ? [nothingToDo(order)] : [],
    warnings: unkept.map(notKept),
    expected_duration_seconds: null,
    duration_forecast: null,
    expected_data_loss_seconds: null,
    recovery_point: null,
    digest: digestOf(groups, order),
  };
}

/** The same with what every group's plan says: confirmed as one. */
export function mergePlans(choice: Choice, order: RunOrder, plans: readonly GroupPlan[]): Plan {
  const outline = outlineOf(choice, order);
  const blocked = plans.map((each) => ({ ...each, blockers: blockersOf(each) }));
  const isAllBlocked = blocked.length > 0 && blocked.every(({ blockers }) => blockers.length > 0);
  const isSkipping = wishOf(order.action).wish.skip_blocked === true && !isAllBlocked;
  const blockers = [...sameRefusals(plans), ...blocked.flatMap(({ refusal, blockers: own }) => (refusal ? [] : own))];
  const seconds = secondsOf(choice.groups, order, plans);
  const losses = plans.flatMap(({ plan }) => plan?.expected_data_loss_seconds ?? []);
  return {
    ...outline,
    blockers: [...outline.blockers, ...(isSkipping ? [] : blockers)],
    warnings: [...outline.warnings, ...(isSkipping ? blockers.map(staysWhereItIs) : []), ...mergedWarnings(plans)],
    expected_duration_seconds: seconds,
    duration_forecast: seconds === null ? null : forecastOf(seconds, plans),
    expected_data_loss_seconds: losses.length === 0 ? null : Math.max(...losses),
  };
}

function secondsOf(groups: readonly ChosenGroup[], order: RunOrder, plans: readonly GroupPlan[]): number | null {
  if (groups.length > MOST_CALCULATED || plans.every(({ plan }) => plan === null)) return null;
  const known = new Map(plans.map(({ group, plan }) => [group.key, plan?.expected_duration_seconds ?? 0]));
  const seconds = runSeconds(groups, order.concurrency, (key) => known.get(key) ?? 0);
  return seconds === undefined ? null : Math.ceil(seconds);
}

/** As well founded as that of the group whose is founded worst. */
function forecastOf(seconds: number, plans: readonly GroupPlan[]): DurationForecast {
  const forecasts = plans.flatMap(({ plan }) => plan?.duration_forecast ?? []);
  const isMeasured = forecasts.length > 0 && forecasts.every(({ basis }) => basis === "measured");
  const errors = forecasts.flatMap(({ error_percent }) => error_percent ?? []);
  return {
    seconds,
    basis: isMeasured ? "measured" : "usual",
    error_percent: isMeasured && errors.length > 0 ? Math.max(...errors) : null,
    compared_operations: isMeasured ? Math.min(...forecasts.map((each) => each.compared_operations)) : 0,
  };
}

function blockersOf({ group, plan, refusal }: GroupPlan): readonly CheckResult[] {
  if (refusal) return [refused([group], refusal)];
  return (plan?.blockers ?? []).map((blocker) => ofGroup(group, blocker));
}

function refused(
  groups: readonly ChosenGroup[],
  { code: check, detail: reason, remedy }: NonNullable<GroupPlan["refusal"]>,
): CheckResult {
  return { check, result: "error", subject: subjectOf(groups.map(({ name }) => name)), reason, remedy };
}

/** Why no plan could be made: once for all groups of one reason. */
function sameRefusals(plans: readonly GroupPlan[]): readonly CheckResult[] {
  const all = plans.flatMap(({ group, refusal }) => (refusal ? [{ group, refusal }] : []));
  const same = Map.groupBy(all, ({ refusal: { code, detail } }) => `${code} ${detail}`);
  return [...same.values()].flatMap((those) => {
    const groups = those.map(({ group }) => group);
    return those.slice(0, 1).map(({ refusal }) => refused(groups, refusal));
  });
}

/** `group "a"`, or `3 groups (a, b, c)`. */
function subjectOf(names: readonly string[]): string {
  if (names.length === 1) return `group "${names[0]}"`;
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : "";
  return `${names.length} groups (${names.slice(0, MOST_NAMED).join(", ")}${more})`;
}

/** What is said of many groups in the same words is said once, with their names. */
function mergedWarnings(plans: readonly GroupPlan[]): readonly CheckResult[] {
  const all = plans.flatMap(({ group, plan }) => (plan?.warnings ?? []).map((warning) => ({ group, warning })));
  const same = Map.groupBy(all, ({ warning: { check, reason } }) => `${check} ${reason}`);
  return [...same.values()].flatMap((those) => {
    const [first] = those;
    if (!first) return [];
    const names = [...new Set(those.map(({ group }) => group.name))];
    if (names.length === 1) return [ofGroup(first.group, first.warning)];
    return [{ ...first.warning, subject: subjectOf(names) }];
  });
}

function ofGroup({ name }: ChosenGroup, check: CheckResult): CheckResult {
  return { ...check, subject: `group "${name}", ${check.subject}` };
}

function staysWhereItIs(blocker: CheckResult): CheckResult {
  return { ...blocker, result: "warning", reason: `Left out, as asked for: ${blocker.reason}` };
}

function nothingToDo({ action }: RunOrder): CheckResult {
  const { verb } = wishOf(action);
  return {
    check: "site_failover.no_groups",
    result: "error",
    subject: "groups",
    reason: `No protection group has anything to do for a ${verb.replaceAll("_", " ")} here.`,
    remedy: ERROR_CATALOGUE["site_failover.no_groups"].help,
  };
}

function notKept(name: string): CheckResult {
  return {
    check: "recovery_plan.cycle",
    result: "warning",
    subject: `recovery plan "${name}"`,
    reason: "Its order contradicts that of older plans, so its groups start without it.",
    remedy: "Take the contradiction out of one of the plans.",
  };
}

/** Covers what is done, with which groups in which version and order: what changes none of these changes no digest. */
function digestOf(groups: readonly ChosenGroup[], { action, peerSiteId, concurrency }: RunOrder): string {
  const { verb, wish } = wishOf(action);
  const { dry_run: _dry, plan_digest: _digest, ...wished } = wish as Readonly<Record<string, unknown>>;
  const text = canonicalJson({ verb, wished, peerSiteId, concurrency, groups });
  return createHash("sha256").update(text).digest("hex");
}
