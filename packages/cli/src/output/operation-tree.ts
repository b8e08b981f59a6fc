import { isEnded, type OperationMoment } from "@protector/client";
import type { Operation, OperationStep, OperationType } from "@protector/contract";
import { durationText } from "./duration.ts";
import { sentence } from "./error-text.ts";
import { cut, pad, wrap } from "./fit.ts";
import { hasOwnRow, isActive, isFailed, isSettled, phasesOf, secondsOfPhase, stateOfPhase } from "./phases.ts";
import { type Painter, paintState } from "./style.ts";

export interface TreeOptions {
  /** Cells of a line. */
  readonly width: number;
  /** Most lines of steps under one phase; more are counted, not shown. */
  readonly stepLines: number;
  /** ms since the UNIX epoch. */
  readonly now: number;
  readonly paint: Painter;
  /** Name of the member of an id. */
  readonly memberName: (id: string) => string | undefined;
  /** Each member has a line of its own elsewhere: of its steps only failed ones are shown here. */
  readonly hasMemberRows?: boolean;
}

const STATE_WIDTH = 9;
/** Most lines that the reason of a state takes: what to do stands at its end. */
const WHY_LINES = 6;

/** An operation as lines: its head, then phases, and under those at work the steps that run, wait or failed. */
export function operationTree(moment: OperationMoment, options: TreeOptions): readonly string[] {
  const phases = phasesOf(moment.steps);
  const noun = moment.operation.type === "site_failover" ? "group" : "step";
  const nameWidth = Math.max(8, ...phases.map((phase) => phase.name.length));
  const lines = [...headLines(moment, options)];
  // Of an operation that stands still nothing is running, whatever its steps were in the midst of.
  const isStill = isEnded(moment.operation) || moment.operation.status === "paused";
  for (const phase of phases) {
    lines.push(phaseLine(phase.name, phase.steps, { ...options, nameWidth, isStill, noun }));
    lines.push(...stepLines(isStill ? phase.steps.filter(isFailed) : phase.steps, options));
  }
  return lines;
}

/** Type and mode of an operation for people: `planned failover`. */
export function operationTitle({ type, mode }: Pick<Operation, "type" | "mode">): string {
  if (type === "site_failover") {
    const isFailover = mode === "planned" || mode === "unplanned";
    return isFailover ? `${mode} failover` : (mode ?? type).replaceAll("_", " ");
  }
  return `${mode ? `${mode} ` : ""}${NAMES[type] ?? type.replaceAll("_", " ")}`;
}

/** Types that are called otherwise than they are spelt: creating or replacing a policy sets a group up. */
const NAMES: Partial<Readonly<Record<OperationType, string>>> = { group_create: "set-up of replication" };

/** Title of a run: one that only plans says so, lest somebody takes its end for the real one's. */
export function runTitle(operation: Pick<Operation, "type" | "mode" | "is_dry_run">): string {
  return `${operation.is_dry_run ? "dry run of a " : ""}${operationTitle(operation)}`;
}

/** What an operation is about, for people: `"shop"`, `recovery plan "all"`, `site "site-a"`. */
export function subjectText(operation: Pick<Operation, "type" | "recovery_plan_id" | "protection_group_name">): string {
  const name = `"${operation.protection_group_name}"`;
  if (operation.type !== "site_failover") return name;
  return operation.recovery_plan_id === null ? `site ${name}` : `recovery plan ${name}`;
}

/** Why an operation is in its state, in one text without the state's name; undefined when there is nothing to tell. */
export function whyText({ status, status_reason, error }: Operation): string | undefined {
  const reason = status_reason?.replace(new RegExp(`^${status}: `), "");
  const detail = error?.detail;
  if (reason && detail && !reason.includes(detail)) return `${sentence(reason)} ${detail}`;
  return reason ?? detail;
}

/** Seconds since an operation was asked for, or that it took. */
export function elapsedSeconds(operation: Operation, now: number): number {
  const end = operation.finished_at ? Date.parse(operation.finished_at) : now;
  return Math.max(0, (end - Date.parse(operation.started_at ?? operation.created_at)) / 1000);
}

function headLines({ operation, silence }: OperationMoment, { width, now, paint }: TreeOptions): readonly string[] {
  const facts = [
    `${Math.floor(operation.progress * 100)} %`,
    `elapsed ${durationText(elapsedSeconds(operation, now))}`,
  ];
  if (operation.status === "running" && operation.remaining_seconds !== null)
    facts.push(`about ${durationText(operation.remaining_seconds)} left`);
  const title = `${runTitle(operation)} of ${subjectText(operation)}`;
  const state = operation.status;
  const room = Math.max(10, width - state.length - facts.join("  ").length - 4);
  const lines = [`${paint(cut(title, room), "bold")}  ${paintState(state, paint)}  ${facts.join("  ")}`];
  const why = whyText(operation);
  const colour = operation.error ? "red" : undefined;
  if (why)
    for (const line of wrap(why, Math.max(20, width - 2)).slice(0, WHY_LINES))
      lines.push(colour ? paint(`  ${cut(line, width - 2)}`, colour) : `  ${cut(line, width - 2)}`);
  if (silence)
    lines.push(paint(cut(`  ${silence.site} does not answer; this is the last that was seen`, width), "yellow"));
  return lines;
}

function phaseLine(
  name: string,
  steps: readonly OperationStep[],
  {
    now,
    paint,
    nameWidth,
    width,
    isStill,
    noun,
  }: TreeOptions & { readonly nameWidth: number; readonly isStill: boolean; readonly noun: string },
): string {
  const reached = stateOfPhase(steps);
  const state = isStill && (reached === "running" || reached === "waiting") ? "stopped" : reached;
  const settled = steps.filter(isSettled).length;
  const seconds = secondsOfPhase(steps, now);
  const count = settled === steps.length ? plural(steps.length, noun) : `${settled} of ${plural(steps.length, noun)}`;
  const shown = pad(state, STATE_WIDTH);
  const painted = state === "done" ? paint(shown, "green") : paintState(state, paint) + shown.slice(state.length);
  const rest = `${pad(count, 15)}  ${seconds === null ? "" : durationText(seconds)}`.trimEnd();
  return `  ${painted}  ${pad(name, nameWidth)}  ${cut(rest, Math.max(8, width - STATE_WIDTH - nameWidth - 6))}`;
}

function stepLines(steps: readonly OperationStep[], options: TreeOptions): readonly string[] {
  const active = steps.filter((step) => isActive(step) && !(options.hasMemberRows && hasOwnRow(step)));
  const shown = [...steps.filter(isFailed), ...active];
  const visible = shown.slice(0, options.stepLines);
  const lines = visible.map((step) => stepLine(step, options));
  const hidden = shown.length - visible.length;
  return hidden > 0 ? [...lines, `      … ${hidden} more at work or failed`] : lines;
}

function stepLine(step: OperationStep, { width, now, paint, memberName }: TreeOptions): string {
  const member = step.member_id === null ? undefined : memberName(step.member_id);
  const title = member && !step.title.includes(member) ? `${step.title} (${member})` : step.title;
  const facts = [
    step.progress === null || isFailed(step) ? "" : `${Math.floor(step.progress * 100)} %`,
    step.started_at && isActive(step) ? durationText((now - Date.parse(step.started_at)) / 1000) : "",
    step.attempt > 1 ? `try ${step.attempt}` : "",
    step.error ? step.error.detail : (step.message ?? ""),
  ].filter(Boolean);
  const text = [title, ...facts].join("  ");
  const room = Math.max(10, width - STATE_WIDTH - 8);
  return `      ${paintState(step.status, paint)}${" ".repeat(Math.max(0, STATE_WIDTH - step.status.length))}  ${cut(text, room)}`;
}

function plural(count: number, noun: string): string {
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`;
}
