import type { Command } from "commander";
import type { CommandContext } from "../context.ts";
import { EXIT, UsageError } from "../exit-codes.ts";
import type { Column } from "../output/column.ts";
import type { KeyOfSite, ReportVerdict } from "../reports/verify-report.ts";
import { type Act, yields } from "./command.ts";

type NamedVerdict = ReportVerdict & { readonly signer: string };

const VERDICT_COLUMNS: readonly Column<NamedVerdict>[] = [
  { name: "is_genuine", cell: ({ isGenuine }) => isGenuine },
  { name: "reason" },
  { name: "signed_by", cell: ({ signer }) => signer },
  { name: "issued_at", cell: ({ issuedAt }) => issuedAt, isTime: true },
  { name: "operation", cell: ({ operationId }) => operationId },
  { name: "changed", cell: ({ changed }) => changed.join("\n") },
  { name: "fingerprint" },
];

/** `protector report …` */
export function addReportCommands(program: Command, act: Act): void {
  const reports = program.command("report").description("signed reports of operations, as files");
  yields(reports.command("verify"), "record", VERDICT_COLUMNS)
    .argument("<file>", "a report as JSON or HTML")
    .option("--key <key>", "public key of the signer, or a file that holds it: asks no site")
    .description("tell who signed a report and whether anything was changed since")
    .action((file: string, { key }: { key?: string }) => act((context) => verify(context, file, key)));
}

async function verify(context: CommandContext, file: string, key: string | undefined): Promise<void> {
  if (file.toLowerCase().endsWith(".pdf"))
    throw new UsageError(
      "A PDF holds no signature. Verify the report as .json, and compare the fingerprint with the printed one.",
    );
  const text = context.host.readFile(file);
  if (text === undefined) throw new UsageError(`There is no file ${file}.`);
  const names = new Map<string, string>();
  const keyOf = key === undefined ? registeredKeys(context, names) : async () => readKey(context, key);
  const { verifyReport } = await import("../reports/verify-report.ts");
  const verdict = await verifyReport(text, keyOf);
  const name = names.get(verdict.siteId);
  context.printer.record(
    { ...verdict, signer: name === undefined ? `site ${verdict.siteId}` : `${name} (${verdict.siteId})` },
    VERDICT_COLUMNS,
  );
  if (!verdict.isGenuine) context.worsen(EXIT.error);
}

/** Keys as they were pinned when the sites were registered. */
function registeredKeys(context: CommandContext, names: Map<string, string>): KeyOfSite {
  return async (siteId) => {
    const sites = await context.near.client.all("site_summaries.index");
    const site = sites.find(({ id }) => id === siteId);
    if (site) names.set(siteId, site.name);
    return site?.signing_public_key;
  };
}

const KEY = /^[A-Za-z0-9+/]{43}=$/;

function readKey({ host }: CommandContext, key: string): string {
  const text = KEY.test(key) ? key : host.readFile(key)?.trim();
  if (text === undefined || !KEY.test(text))
    throw new UsageError(
      "--key takes a public key (32 bytes, base64), or a file that holds one: signing_public_key of GET /v1.",
    );
  return text;
}
