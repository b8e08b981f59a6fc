import { type CheckResult, codeOfWire, type Operation, type Plan, type RecoveryPoint } from "@protector/contract";
import { durationText, timeText } from "./duration.ts";
import { pad, wrap } from "./fit.ts";
import { forecastText } from "./forecast.ts";
import { operationTitle, subjectText } from "./operation-tree.ts";
import { phasesOf } from "./phases.ts";
import type { Painter } from "./style.ts";

export interface PlanViewOptions {
  readonly width: number;
  readonly paint: Painter;
  readonly memberName: (id: string) => string | undefined;
  /** Names of the sites that the servers leave and come to. */
  readonly from: string;
  readonly to: string;
  /** ms since the UNIX epoch. */
  readonly now: number;
  /** The point that servers are recovered from, where it is listed. */
  readonly point?: RecoveryPoint;
}

/** What an operation is going to do, for the person who confirms it. */
export function planView(operation: Operation, plan: Plan, options: PlanViewOptions): readonly string[] {
  const { paint, from, to } = options;
  const title = `Plan: ${operationTitle(operation)} of ${subjectText(operation)} from ${from} to ${to}`;
  return [
    paint(title, "bold"),
    ...facts(operation, plan, options),
    "",
    ...phaseLines(operation, plan),
    ...checkLines("Blockers", plan.blockers, options),
    ...checkLines("Warnings", plan.warnings, options),
  ];
}

function facts(
  { type, mode }: Operation,
  plan: Plan,
  { memberName, width, point, now }: PlanViewOptions,
): readonly string[] {
  const isMany = type === "site_failover";
  const ids = [...new Set(plan.steps.flatMap((step) => step.member_id ?? []))];
  const names = ids.map((id) => memberName(id) ?? id);
  const loss = plan.expected_data_loss_seconds;
  const groups = new Set(plan.steps.map((step) => /"(.*)"$/.exec(step.title)?.[1] ?? step.title));
  const subjects = isMany ? [...groups] : names;
  const isMoving = !isMany || mode === "planned" || mode === "unplanned" || mode === "failback";
  const rows = [
    [isMany ? "Groups" : "Members", `${subjects.length}${subjects.length > 0 ? ` (${someOf(subjects)})` : ""}`],
    ["Expected data loss", loss === null ? "not known" : loss === 0 ? "none" : durationText(loss)],
    ["Expected duration", plan.duration_forecast ? forecastText(plan.duration_forecast) : "not known"],
    ...(plan.recovery_point
      ? [["Recovery point", [plan.recovery_point, ...(point ? pointFacts(point, now) : [])].join(", ")]]
      : []),
    ...(isMany && isMoving ? [["Point of no return", "each group's own"]] : []),
    ...(isMany ? [] : [["Point of no return", plan.steps.find((step) => step.is_point_of_no_return)?.title ?? "none"]]),
  ] as const;
  return rows.flatMap(([name = "", value = ""]) => {
    const [first = "", ...more] = wrap(value, Math.max(20, width - 24));
    return [`  ${pad(name, 20)}  ${first}`, ...more.map((line) => `${" ".repeat(24)}${line}`)];
  });
}

function pointFacts({ created_at, proven_at }: RecoveryPoint, now: number): readonly string[] {
  const age = durationText((now - Date.parse(created_at)) / 1000);
  return [
    `cut ${timeText(created_at)} (${age} ago)`,
    proven_at === null ? "not tested" : `proven by a test at ${timeText(proven_at)}`,
  ];
}

function someOf(names: readonly string[]): string {
  const shown = names.slice(0, 10).join(", ");
  return names.length > 10 ? `${shown} and ${names.length - 10} more` : shown;
}

function phaseLines({ type }: Operation, plan: Plan): readonly string[] {
  const noun = type === "site_failover" ? "group" : "step";
  const phases = phasesOf(plan.steps);
  const width = Math.max(5, ...phases.map((phase) => phase.name.length));
  return phases.map(({ name, steps }, i) => {
    const count = steps.length === 1 ? `1 ${noun}` : `${steps.length} ${noun}s`;
    const mark = steps.some((step) => step.is_point_of_no_return) ? "  (point of no return)" : "";
    return `  ${String(i + 1).padStart(2)}  ${pad(name, width)}  ${count}${mark}`;
  });
}

function checkLines(
  title: string,
  checks: readonly CheckResult[],
  { width, paint }: PlanViewOptions,
): readonly string[] {
  if (checks.length === 0) return [];
  const colour = title === "Blockers" ? "red" : "yellow";
  const lines = checks.flatMap((check) => {
    const remedy = check.remedy ? ` Remedy: ${check.remedy}` : "";
    // Under its code the documentation and a search find it.
    const code = codeOfWire(check.check);
    const text = `${check.subject}: ${check.reason}${remedy}${code ? ` (${code})` : ""}`;
    const [first = "", ...more] = wrap(text, Math.max(20, width - 4));
    return [`  - ${first}`, ...more.map((line) => `    ${line}`)];
  });
  return ["", paint(`${title} (${checks.length})`, colour), ...lines];
}
