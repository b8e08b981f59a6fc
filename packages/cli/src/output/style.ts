import type { CliHost, Output } from "../host.ts";

const CODES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const;
export type Paint = keyof typeof CODES;
/** Colours a text, or leaves it as it is. */
export type Painter = (text: string, paint: Paint) => string;

export const plain: Painter = (text) => text;
export const coloured: Painter = (text, paint) => {
  const [on, off] = CODES[paint];
  return `\u001b[${on}m${text}\u001b[${off}m`;
};

/** Colours only on a terminal that can show them, and never with `NO_COLOR` (https://no-color.org). */
export function painterFor(output: Output, env: CliHost["env"]): Painter {
  return output.isTTY && !env.NO_COLOR && env.TERM !== "dumb" ? coloured : plain;
}

const GOOD = ["active", "protected", "completed", "IN SYNC", "reachable", "passed", "ok", "yes"];
const BAD = ["error", "failed", "CONFLICT", "UNREACHABLE", "unreachable", "unprotected", "undo_failed"];
const BUSY = ["running", "waiting", "failing_over", "failed_over_partial", "seeding", "creating", "OUT OF SYNC"];
const WORRYING = ["warning", "completed_with_errors", "paused", "cancelling", "rolling_back", "adding", "recovering"];

/** A state in words, coloured by what it means. */
export function paintState(state: string, paint: Painter): string {
  if (GOOD.includes(state)) return paint(state, "green");
  if (BAD.includes(state)) return paint(state, "red");
  return BUSY.includes(state) || WORRYING.includes(state) ? paint(state, "yellow") : state;
}
