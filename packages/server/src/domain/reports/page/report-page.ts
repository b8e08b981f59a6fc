import { createHash } from "node:crypto";
import { canonicalJson, type OperationReport, type ReportContent } from "@protector/contract";
import { reportTitle } from "../report-content.ts";
import { type Html, html } from "./html.ts";
import { REPORT_STYLE } from "./report-style.ts";
import { NOTHING, objectiveText, secondsText, stateText, timeText, toneOf } from "./report-texts.ts";
import { journalSection, phasesSection } from "./report-times.ts";

/** A report as a page: loads nothing, runs nothing, prints on A4. The same report gives the same text. */
export function reportPage(report: OperationReport): string {
  const { content } = report;
  const title = reportTitle(content);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}, ${timeText(content.times.ordered_at)}</title>
${REPORT_STYLE}
</head>
<body>
<main>
<header><div><p class="kind">Disaster recovery report</p><h1>${title}</h1></div>
<p>${timeText(content.times.started_at ?? content.times.ordered_at)} UTC<br>at ${content.operation.ran_at.name}</p></header>
${outcome(content)}
${figures(content)}
${factsSection(content)}
${requestsSection(content)}
${serversSection(content)}
${groupsSection(content)}
${phasesSection(content)}
${findingsSection(content)}
${leftoversSection(content)}
${cleanupSection(content)}
${journalSection(content)}
${seal(report)}
</main>
</body>
</html>
`;
  return page.markup;
}

function outcome({ outcome: { sentence, status, status_reason, error } }: ReportContent): Html {
  const tone = toneOf(status);
  return html`<div class="outcome ${tone}">${sentence}${status_reason && html`<small>${status_reason}</small>`}${
    error && html`<small class="error">${error.detail} (${error.code})</small>`
  }</div>`;
}

function figures({ rpo, rto, times, servers, groups }: ReportContent): Html {
  const up = servers.filter(({ status }) => toneOf(status) === "good").length;
  const [label, count] =
    groups.length > 0
      ? ["Groups without errors", `${groups.filter(({ status }) => status === "completed").length} of ${groups.length}`]
      : ["Servers up", servers.length === 0 ? NOTHING : `${up} of ${servers.length}`];
  const expected =
    times.expected_seconds === null ? "from start to end" : `predicted ${secondsText(times.expected_seconds)}`;
  return html`<div class="figures">
<div><span>RPO: age of the data</span><b>${secondsText(rpo.actual_seconds)}</b><span>${objectiveText(rpo)}</span></div>
<div><span>RTO: until all were up</span><b>${secondsText(rto.actual_seconds)}</b><span>${objectiveText(rto)}</span></div>
<div><span>Duration</span><b>${secondsText(times.duration_seconds)}</b><span>${expected}</span></div>
<div><span>${label}</span><b>${count}</b><span>&nbsp;</span></div>
</div>`;
}

function factsSection(content: ReportContent): Html {
  const { operation, times, recovery_point: point, plan_digest, versions, data_loss_seconds } = content;
  const rows: readonly (readonly [string, string | null])[] = [
    ["Operation", operation.id],
    ["Type", [operation.type, operation.mode].filter((part) => part !== null).join(", ")],
    ["Protection group", operation.protection_group_id],
    ["Recovery plan", operation.recovery_plan_id],
    ["Part of", operation.parent_id],
    ["Project", operation.project_id],
    ["Run by", `${operation.ran_at.name} (${operation.ran_at.id})`],
    ["Ordered", `${timeText(times.ordered_at)} UTC`],
    ["Ended", times.finished_at && `${timeText(times.finished_at)} UTC`],
    ["Recovery point", point && `${point.name}${point.cut_at === null ? "" : `, cut ${timeText(point.cut_at)} UTC`}`],
    ["Data lost", data_loss_seconds === null ? null : secondsText(data_loss_seconds)],
    ["Plan digest", plan_digest],
    ["Versions", `Protector ${versions.protector}, API ${versions.api}`],
  ];
  const shown = rows.filter(([, value]) => value !== null);
  return html`<h2>Operation</h2><dl class="facts">${shown.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

function requestsSection({ requests }: ReportContent): Html {
  return html`<h2>Who asked and confirmed</h2>
<table><thead><tr><th>Time (UTC)</th><th>What</th><th>User</th><th>Request</th></tr></thead><tbody>${requests.map(
    (one) =>
      html`<tr><td class="t">${timeText(one.at)}</td><td class="t">${one.action}${
        one.reason !== null && html`<small>Reason: ${one.reason}</small>`
      }${one.confirmed_plan !== null && html`<small>Confirmed the plan ${one.confirmed_plan.slice(0, 12)}…</small>`}</td><td>${
        one.user_id ?? "the service"
      }</td><td>${one.request_id ?? NOTHING}</td></tr>`,
  )}</tbody></table>`;
}

function serversSection({ servers }: ReportContent): Html | undefined {
  if (servers.length === 0) return undefined;
  return html`<h2>Servers</h2>
<table><thead><tr><th>Server</th><th>Result</th><th>Addresses</th><th class="n">RTO</th></tr></thead><tbody>${servers.map(
    (one) =>
      html`<tr><td><b>${one.name}</b>${one.server_id !== null && html`<small>${one.server_id}</small>`}</td><td>${stateText(
        one.status,
      )}${one.error && html`<small class="error">${one.error.detail}</small>`}</td><td>${
        one.addresses.join(", ") || NOTHING
      }</td><td class="n">${secondsText(one.downtime_seconds)}</td></tr>`,
  )}</tbody></table>`;
}

function groupsSection({ groups }: ReportContent): Html | undefined {
  if (groups.length === 0) return undefined;
  return html`<h2>Protection groups</h2>
<table><thead><tr><th>Group</th><th>Result</th><th>Operation</th><th class="n">RPO</th><th class="n">RTO</th></tr></thead><tbody>${groups.map(
    (one) =>
      html`<tr><td><b>${one.protection_group_name}</b></td><td>${stateText(one.status)}${
        one.error && html`<small class="error">${one.error.detail}</small>`
      }</td><td>${one.id}</td><td class="n">${secondsText(one.data_loss_seconds)}</td><td class="n">${secondsText(
        one.downtime_seconds,
      )}</td></tr>`,
  )}</tbody></table>`;
}

function findingsSection({ findings, operation }: ReportContent): Html {
  const heading = html`<h2>Findings when it began</h2>`;
  if (!operation.is_journal_here)
    return html`${heading}<p class="none">Kept at ${operation.ran_at.name}, where it ran. Ask there for the whole report.</p>`;
  if (findings.length === 0) return html`${heading}<p class="none">None.</p>`;
  return html`${heading}<table><thead><tr><th>Finding</th><th>Subject</th><th>Reason and remedy</th></tr></thead><tbody>${findings.map(
    (one) =>
      html`<tr><td>${stateText(one.result)}<small>${one.check}</small></td><td>${one.subject}</td><td>${
        one.reason
      }${one.remedy !== null && html`<small>${one.remedy}</small>`}</td></tr>`,
  )}</tbody></table>`;
}

function leftoversSection({ leftovers }: ReportContent): Html {
  const heading = html`<h2>Left over</h2>`;
  return leftovers.length === 0
    ? html`${heading}<p class="none">Nothing.</p>`
    : html`${heading}${leftoversTable(leftovers)}`;
}

function leftoversTable(leftovers: ReportContent["leftovers"]): Html {
  return html`<table><tbody>${leftovers.map(
    ({ subject, reason }) => html`<tr><td>${subject}</td><td>${reason}</td></tr>`,
  )}</tbody></table>`;
}

function cleanupSection({ cleanup, operation }: ReportContent): Html | undefined {
  if (operation.type !== "test_failover" || operation.is_dry_run) return undefined;
  const heading = html`<h2>Clean-up of the test</h2>`;
  if (!cleanup)
    return html`${heading}<p class="none">Not done yet${operation.phase === "standing" && ": the test stands"}.</p>`;
  const verdict = cleanup.is_empty
    ? "Done: the clouds and the array were read again and hold nothing of the test."
    : "Not finished: something of the test is left.";
  return html`${heading}<p class="none">${verdict} Operation ${cleanup.operation_id}, ${stateText(cleanup.status)}, ended ${timeText(
    cleanup.finished_at,
  )} UTC.</p>${cleanup.leftovers.length > 0 && leftoversTable(cleanup.leftovers)}`;
}

function seal(report: OperationReport): Html {
  const { signed_by, issued_at, digests } = report;
  return html`<div class="seal"><h2>Signature</h2><dl class="facts">
<dt>Signed by</dt><dd>${signed_by.name} (${signed_by.id})</dd>
<dt>Issued</dt><dd>${timeText(issued_at)} UTC</dd>
<dt>Fingerprint</dt><dd><code>${fingerprint(digests)}</code></dd></dl>
<p>The fingerprint is of everything above. The file that Protector gave out proves it: <code>protector report verify FILE</code>
tells who signed the file, whether anything was changed since, and the same fingerprint. A print alone proves nothing.</p></div>`;
}

/** SHA-256 over the digests of all parts: the same whenever the same content is given out. */
function fingerprint(digests: OperationReport["digests"]): string {
  return createHash("sha256").update(canonicalJson(digests), "utf8").digest("hex");
}
