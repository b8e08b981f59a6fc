import { durationText, type ReportContent } from "@protector/contract";
import { type Html, html } from "./html.ts";

/** What is shown where there is nothing to show. */
export const NOTHING = "–";

/** UTC without fractions: `2026-01-31 10:00:00`. */
export function timeText(time: string | null): string {
  return time === null ? NOTHING : time.slice(0, 19).replace("T", " ");
}

/** s as people read them; short ones with tenths. */
export function secondsText(seconds: number | null): string {
  if (seconds === null) return NOTHING;
  return seconds < 10 && !Number.isInteger(seconds) ? `${seconds.toFixed(1)}s` : durationText(seconds);
}

/** `completed_with_errors` as `completed with errors`, coloured as good, poor or bad. */
export function stateText(state: string): Html {
  return html`<span class="state is-${toneOf(state)}">${state.replaceAll("_", " ")}</span>`;
}

/** How good a state is. */
export function toneOf(state: string): "good" | "poor" | "bad" | "plain" {
  if (GOOD.includes(state)) return "good";
  if (BAD.includes(state)) return "bad";
  return POOR.includes(state) ? "poor" : "plain";
}

const GOOD = ["completed", "tested", "failed_over", "home", "recovered", "ok"];
const BAD = ["failed", "error", "undo_failed", "superseded"];
const POOR = [
  "completed_with_errors",
  "warning",
  "cancelled",
  "rolled_back",
  "not tested",
  "stopped",
  "skipped",
  "undone",
];

/** `met`, `missed` or why neither can be said. */
export function objectiveText({ target_seconds, is_met }: ReportContent["rpo"]): Html {
  if (target_seconds === null) return html`no target agreed`;
  const target = durationText(target_seconds);
  if (is_met === null) return html`target ${target}`;
  return html`target ${target}: <em class="state is-${is_met ? "good" : "bad"}">${is_met ? "met" : "missed"}</em>`;
}
