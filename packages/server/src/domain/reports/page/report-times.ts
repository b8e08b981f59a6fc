import type { OperationStep, ReportContent } from "@protector/contract";
import { type Html, html } from "./html.ts";
import { NOTHING, secondsText, stateText, timeText } from "./report-texts.ts";

/** Each phase with when it ran, as a bar along the whole. */
export function phasesSection({ times }: ReportContent): Html | undefined {
  const { phases } = times;
  if (phases.length === 0) return undefined;
  const begins = phases.flatMap(({ started_at }) => started_at ?? []).map(Date.parse);
  const ends = phases.flatMap(({ finished_at }) => finished_at ?? []).map(Date.parse);
  const first = Math.min(...begins);
  const length = Math.max(1, Math.max(...ends) - first);
  const place = ({ started_at, finished_at }: (typeof phases)[number]) => {
    if (started_at === null || finished_at === null) return undefined;
    const left = ((Date.parse(started_at) - first) / length) * 100;
    const width = ((Date.parse(finished_at) - Date.parse(started_at)) / length) * 100;
    return html`<span class="bar"><i style="left:${left.toFixed(2)}%;width:${width.toFixed(2)}%"></i></span>`;
  };
  return html`<h2>Times</h2>
<table><thead><tr><th>Phase</th><th>Began (UTC)</th><th>Along the whole</th><th class="n">Took</th><th class="n">Steps</th><th class="n">Failed</th></tr></thead><tbody>${phases.map(
    (one) =>
      html`<tr><td>${one.phase}</td><td class="t">${timeText(one.started_at)}</td><td width="38%">${place(
        one,
      )}</td><td class="n">${secondsText(one.duration_seconds)}</td><td class="n">${one.steps}</td><td class="n">${
        one.failed_steps || NOTHING
      }</td></tr>`,
  )}</tbody></table>`;
}

/** Every step that was journaled. */
export function journalSection({ steps, operation }: ReportContent): Html | undefined {
  if (steps.length === 0)
    return operation.is_journal_here
      ? undefined
      : html`<h2>Steps</h2><p class="none">Kept at ${operation.ran_at.name}, where it ran.</p>`;
  return html`<h2>Steps</h2>
<table class="journal"><thead><tr><th class="n">No.</th><th>Step</th><th>Result</th><th>Began (UTC)</th><th class="n">Took</th><th class="n">Tries</th></tr></thead><tbody>${steps.map(
    (step, index) =>
      html`<tr><td class="n">${index + 1}</td><td>${step.title}${
        step.error && html`<small class="error">${step.error.detail}</small>`
      }</td><td>${stateText(step.status)}</td><td class="t">${timeText(step.started_at)}</td><td class="n">${secondsText(
        tookOf(step),
      )}</td><td class="n">${step.attempt}</td></tr>`,
  )}</tbody></table>`;
}

function tookOf({ started_at, finished_at }: OperationStep): number | null {
  return started_at === null || finished_at === null ? null : (Date.parse(finished_at) - Date.parse(started_at)) / 1000;
}
