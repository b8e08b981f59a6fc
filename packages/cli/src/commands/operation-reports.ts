import { findOperation, siteAlone } from "@protector/client";
import type { OperationReport } from "@protector/contract";
import type { Command } from "commander";
import type { CommandContext } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import type { Column } from "../output/column.ts";
import { durationText } from "../output/duration.ts";
import { type Act, yields } from "./command.ts";
import { atSite, type SiteOption } from "./find.ts";

interface ReportOptions extends SiteOption {
  readonly output?: string;
}

const against = ({ target_seconds, actual_seconds, is_met }: OperationReport["content"]["rpo"]) => {
  if (actual_seconds === null) return null;
  const target = target_seconds === null ? "no target" : `target ${durationText(target_seconds)}`;
  const verdict = is_met === null ? "" : is_met ? ": met" : ": missed";
  return `${durationText(actual_seconds)} (${target}${verdict})`;
};

/** A report in short; the whole is in its files. */
const REPORT_COLUMNS: readonly Column<OperationReport>[] = [
  { name: "operation", cell: ({ content }) => content.operation.id },
  { name: "outcome", cell: ({ content }) => content.outcome.sentence },
  { name: "recovery_point", cell: ({ content }) => content.recovery_point?.name ?? null },
  { name: "rpo", cell: ({ content }) => against(content.rpo) },
  { name: "rto", cell: ({ content }) => against(content.rto) },
  {
    name: "servers",
    cell: ({ content }) => content.servers.map(({ name, status }) => `${name}: ${status}`).join("\n"),
  },
  { name: "steps", cell: ({ content }) => content.steps.length },
  {
    name: "findings",
    cell: ({ content }) => content.findings.map(({ subject, reason }) => `${subject}: ${reason}`).join("\n"),
  },
  {
    name: "leftovers",
    cell: ({ content }) => content.leftovers.map(({ subject, reason }) => `${subject}: ${reason}`).join("\n"),
  },
  {
    name: "cleanup",
    cell: ({ content: { cleanup } }) => cleanup && (cleanup.is_empty ? "done, seen to be empty" : cleanup.status),
  },
  { name: "signed_by", cell: ({ signed_by }) => `${signed_by.name} (${signed_by.id})` },
  { name: "issued_at", isTime: true },
];

/** `protector operation report` */
export function addOperationReportCommand(operations: Command, act: Act): void {
  atSite(yields(operations.command("report"), "record", REPORT_COLUMNS))
    .argument("<operation>", "id")
    .option("--output <file>", "write the signed report to a file: .json, .html or .pdf")
    .description("the report of an operation, signed by the site that gives it")
    .action((id: string, options: ReportOptions) => act((context) => report(context, id, options)));
}

async function report(context: CommandContext, id: string, { site, output }: ReportOptions): Promise<void> {
  const kind = output === undefined ? undefined : kindOf(output);
  if (kind === "pdf" && !context.host.printPage) throw new UsageError(NO_BROWSER);
  const only = site === undefined ? undefined : await context.siteNamed(site);
  const { client, operation, site: silent } = await findOperation(only ? siteAlone(only) : context.sites, id);
  const path = { id: operation.id };
  if (silent !== undefined)
    context.warn(`${silent}, where it ran, does not answer: the report of ${client.name} is without plan and steps.`);
  if (output === undefined || kind === undefined) {
    context.printer.record(await client.call("operations.report", { path }), REPORT_COLUMNS);
    return;
  }
  if (kind === "json") {
    context.host.writeFile(output, `${JSON.stringify(await client.call("operations.report", { path }), null, 2)}\n`);
  } else {
    const page = await client.html("operations.report", { path });
    if (kind === "html") context.host.writeFile(output, page);
    else await context.host.printPage?.(page, output);
  }
  context.note(
    `Report written to ${output}.${kind === "pdf" ? " Keep the .json or .html beside it: only those can be verified." : ""}`,
  );
}

const KINDS = ["json", "html", "pdf"] as const;

function kindOf(output: string): (typeof KINDS)[number] {
  const kind = KINDS.find((each) => output.toLowerCase().endsWith(`.${each}`));
  if (!kind) throw new UsageError(`The name of the report's file must end with .json, .html or .pdf: ${output}`);
  return kind;
}

const NO_BROWSER =
  "To make a PDF a browser is needed on this machine, and none was found (chromium, google-chrome, microsoft-edge; or the path in PROTECTOR_BROWSER). Install one, e.g. apt install chromium; or write --output report.html, open it in a browser and print it to a file.";
