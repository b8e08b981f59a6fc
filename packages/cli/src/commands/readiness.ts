import type { SiteClient } from "@protector/client";
import type { DurationForecast, Readiness, ReadinessCheck, ReadinessFinding } from "@protector/contract";
import type { Command } from "commander";
import type { CommandContext } from "../context.ts";
import { EXIT, TimedOut, UsageError } from "../exit-codes.ts";
import type { Column } from "../output/column.ts";
import { agoText, durationText, timeText } from "../output/duration.ts";
import { type Finding, findingLines, isNarrow } from "../output/finding-lines.ts";
import { wrap } from "../output/fit.ts";
import { forecastText } from "../output/forecast.ts";
import { type Act, yields } from "./command.ts";
import { atSite, readingSite, type SiteOption } from "./find.ts";

const CHECKS: readonly Column<ReadinessCheck>[] = [
  { name: "severity" },
  { name: "check" },
  { name: "subject" },
  { name: "since", isTime: true },
  { name: "reason", isWrapped: true },
  { name: "remedy", isWrapped: true },
];

const HISTORY: readonly Column<ReadinessFinding>[] = [
  { name: "found_at", isTime: true },
  { name: "gone_at", isTime: true },
  { name: "severity" },
  { name: "check" },
  { name: "subject" },
  { name: "reason", isWrapped: true },
];

const READINESS: readonly Column<Readiness>[] = [
  { name: "is_failover_ready" },
  { name: "checked_at" },
  { name: "predicted_rto", cell: ({ predicted_rto }) => rtoText(predicted_rto) },
  { name: "checks", cell: ({ checks }) => checks.map(checkText).join("\n") },
];

function checkText({ severity, check, subject, reason, remedy }: ReadinessCheck): string {
  return `${severity ?? "passed"}: ${check}: ${subject}: ${reason}${remedy ? ` Remedy: ${remedy}` : ""}`;
}

function rtoText(forecast: DurationForecast | null): string {
  return forecast ? forecastText(forecast) : "not known";
}

/** Time that an engine has for a readiness run before the command gives up, s. */
const READINESS_TIMEOUT = 120;
const POLL_MS = 1000;

interface ReadinessOptions extends SiteOption {
  readonly check?: boolean;
  readonly history?: boolean;
}

/** `protector protection-group readiness` */
export function addReadinessCommand(groups: Command, act: Act): void {
  atSite(yields(groups.command("readiness"), "record", READINESS))
    .argument("<group>", "name or id")
    .option("--check", "look now instead of showing the last result")
    .option("--history", "list what was found, and when it was gone")
    .description("show whether a failover would succeed; exit code 3 when it would not")
    .action((ref: string, options: ReadinessOptions) => act((context) => showReadiness(context, ref, options)));
}

async function showReadiness(context: CommandContext, ref: string, options: ReadinessOptions): Promise<void> {
  const { check: isAsked = false, history: isHistory = false, ...at } = options;
  if (isAsked && isHistory) throw new UsageError("--check and --history exclude each other.");
  const { client, id } = await readingSite(context, ref, at);
  if (isHistory) {
    const findings = await client.all("readiness.findings", { path: { id } });
    const when = ({ found_at, gone_at }: ReadinessFinding) => whenText(context, found_at, gone_at);
    listFindings(context, findings, { columns: HISTORY, when });
    return;
  }
  const readiness = isAsked ? await checkNow(context, client, id) : await lastOf(client, id);
  const { printer } = context;
  if (printer.format === "table" && printer.picks.length === 0) printReadiness(context, readiness);
  else printer.record(readiness, printer.format === "exchange" ? READINESS : READINESS.slice(0, 3));
  if (readiness.is_failover_ready !== true) context.worsen(EXIT.refusedByState);
}

type Listed = Omit<Finding, "when">;

/** A table, or on a narrow terminal one finding below the other. */
function listFindings<T extends Listed>(
  { printer }: CommandContext,
  findings: readonly T[],
  { columns, when }: { readonly columns: readonly Column<T>[]; when(finding: T): string | undefined },
): void {
  const { width, paint, format, picks } = printer;
  if (format !== "table" || picks.length > 0 || !isNarrow(width)) {
    printer.list(findings, columns);
    return;
  }
  const lines = findings.flatMap((finding) => findingLines({ ...finding, when: when(finding) }, { width, paint }));
  printer.write(lines.map((line) => `${line}\n`).join(""));
}

function whenText({ host }: CommandContext, found: string | null, gone: string | null): string | undefined {
  if (found === null) return undefined;
  const now = host.clock.now();
  return gone === null ? agoText(found, now) : `${agoText(found, now)}, gone ${agoText(gone, now)}`;
}

/** What is to be done first, by severity; what is well, in one line. */
function printReadiness(context: CommandContext, readiness: Readiness): void {
  const { printer } = context;
  const { is_failover_ready: isReady, checked_at, predicted_rto, checks } = readiness;
  const verdict = isReady === null ? "not checked yet" : isReady ? "yes" : "no";
  printer.write(`Failover ready: ${verdict}\nChecked at: ${timeText(checked_at) ?? "never"}\n`);
  if (isReady !== null) printer.write(`Predicted RTO: ${rtoText(predicted_rto)}\n`);
  const found = checks.filter(({ severity }) => severity !== null);
  if (found.length > 0) {
    printer.write("\n");
    const since = (check: ReadinessCheck) => whenText(context, check.since, null);
    listFindings(context, found, { columns: CHECKS, when: since });
  }
  const well = new Set(checks.filter(({ severity }) => severity === null).map(({ check }) => check));
  if (well.size === 0) return;
  const line = `Looked at and found well (${well.size}): ${[...well].join(", ")}`;
  printer.write(`\n${(printer.width === undefined ? [line] : wrap(line, printer.width)).join("\n")}\n`);
}

async function lastOf(client: SiteClient, id: string): Promise<Readiness> {
  return (await client.call("readiness.show", { path: { id } })).readiness;
}

async function checkNow(context: CommandContext, client: SiteClient, id: string): Promise<Readiness> {
  const { host, options } = context;
  const { checked_at: before } = await lastOf(client, id);
  await client.call("readiness.check", { path: { id } });
  const limit = options.timeout ?? READINESS_TIMEOUT;
  const until = host.clock.now() + limit * 1000;
  for (;;) {
    await host.clock.sleep(POLL_MS, host.interrupt);
    const readiness = await lastOf(client, id);
    if (readiness.checked_at !== null && readiness.checked_at !== before) return readiness;
    if (host.clock.now() >= until)
      throw new TimedOut(`No engine has checked the group within ${durationText(limit)}. Is protector-engine running?`);
  }
}
