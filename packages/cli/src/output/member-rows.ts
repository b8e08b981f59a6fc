import { isEnded, type OperationMoment } from "@protector/client";
import type { OperationStep } from "@protector/contract";
import { durationText } from "./duration.ts";
import { cut, pad, widthOf } from "./fit.ts";
import { isActive, isFailed, isOfGroup, isSettled, secondsOfPhase, stateOfPhase } from "./phases.ts";
import { type Painter, paintState } from "./style.ts";

export interface MemberRowsOptions {
  /** Cells of a line. */
  readonly width: number;
  /** Most lines, the one that counts the others included. */
  readonly lines: number;
  /** ms since the UNIX epoch. */
  readonly now: number;
  readonly paint: Painter;
  /** Name of the member of an id. */
  readonly memberName: (id: string) => string | undefined;
}

interface Row {
  readonly name: string;
  readonly state: string;
  readonly steps: readonly OperationStep[];
}

const STATE_WIDTH = 9;
const WIDEST_NAME = 24;
/** Who needs to be seen first. */
const ORDER = ["failed", "undoing", "running", "waiting", "pending", "done", "undone"];

/**
 * A line for each member, or for each of many groups, while an operation is under way: state, steps, time, and what is done with it now. Failed and
 * active ones come first; those that have no room are counted by state. None for an operation with one member at most.
 */
export function memberRows({ operation, steps }: OperationMoment, options: MemberRowsOptions): readonly string[] {
  if (isEnded(operation)) return [];
  const rows = rowsOf(steps, options);
  if (rows.length < 2 || options.lines < 3) return [];
  const isAll = rows.length <= options.lines - 1;
  const shown = rows.slice(0, isAll ? rows.length : options.lines - 2);
  const nameWidth = Math.min(WIDEST_NAME, Math.max(...shown.map(({ name }) => widthOf(name))));
  const hidden = rows.slice(shown.length);
  const noun = operation.type === "site_failover" ? "groups" : "members";
  return [
    options.paint(`  ${noun} (${rows.length})`, "bold"),
    ...shown.map((row) => rowLine(row, nameWidth, options)),
    ...(hidden.length > 0 ? [`    … ${countsOf(hidden)}`] : []),
  ];
}

function rowsOf(steps: readonly OperationStep[], { memberName }: MemberRowsOptions): readonly Row[] {
  const byMember = Map.groupBy(
    steps.filter((step) => step.member_id !== null),
    (step) => step.member_id ?? "",
  );
  const members = [...byMember].map(([id, own]) => {
    return { name: memberName(id) ?? id, state: stateOfPhase(own), steps: own };
  });
  const groups = steps.filter(isOfGroup).map((step) => {
    return { name: groupNameIn(step), state: stateOfPhase([step]), steps: [step] };
  });
  const rows = [...members, ...groups];
  return rows.sort((one, other) => ORDER.indexOf(one.state) - ORDER.indexOf(other.state));
}

/** The name in `Fail over "shop"`. */
function groupNameIn({ title }: OperationStep): string {
  return /"(.*)"$/.exec(title)?.[1] ?? title;
}

function rowLine({ name, state, steps }: Row, nameWidth: number, { width, now, paint }: MemberRowsOptions): string {
  const current = steps.find(isFailed) ?? steps.find(isActive);
  const seconds = secondsOfPhase(steps, now);
  const [first] = steps;
  const isGroup = first !== undefined && isOfGroup(first);
  const facts = [
    isGroup ? "" : `${steps.filter(isSettled).length}/${steps.length}`,
    seconds === null ? "" : durationText(seconds),
    isGroup ? (first.error?.detail ?? first.message ?? "") : (current?.title ?? ""),
    current?.progress ? `${Math.floor(current.progress * 100)} %` : "",
  ];
  const text = facts.filter(Boolean).join("  ");
  const shownState = `${paintState(state, paint)}${" ".repeat(Math.max(0, STATE_WIDTH - state.length))}`;
  const room = Math.max(8, width - nameWidth - STATE_WIDTH - 8);
  return `    ${shownState}  ${pad(cut(name, nameWidth), nameWidth)}  ${cut(text, room)}`;
}

function countsOf(rows: readonly Row[]): string {
  const byState = Map.groupBy(rows, ({ state }) => state);
  return `${rows.length} more: ${[...byState].map(([state, those]) => `${those.length} ${state}`).join(", ")}`;
}
