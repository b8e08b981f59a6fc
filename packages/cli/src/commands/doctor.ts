import { ApiError } from "@protector/client";
import { MAX_MICROVERSION } from "@protector/contract";
import type { Command } from "commander";
import type { SiteHandle } from "../cloud/site-handle.ts";
import type { CommandContext } from "../context.ts";
import { error, type Finding, ok } from "../doctor/finding.ts";
import { registrationVerdict } from "../doctor/registration-check.ts";
import { type ExaminedSite, examineSite, finding } from "../doctor/site-checks.ts";
import { EXIT, UsageError } from "../exit-codes.ts";
import type { Column } from "../output/column.ts";
import { VERSION } from "../version.ts";
import { type Act, yields } from "./command.ts";

const LIST: readonly Column<Finding>[] = [
  { name: "result" },
  { name: "site" },
  { name: "check" },
  { name: "reason", isWrapped: true },
  { name: "remedy", isWrapped: true },
];

/** `protector doctor` */
export function addDoctorCommand(program: Command, act: Act): void {
  yields(program.command("doctor"), "list", LIST)
    .description("look whether this workstation can work with both sites; changes nothing")
    .action(() => act(examine));
}

async function examine(context: CommandContext): Promise<void> {
  const [near, far] = await Promise.all([examineSite(context.near, context.host), examineFar(context)]);
  const isPair = "handle" in far && near.identity !== undefined && far.identity !== undefined;
  const [here, there] = isPair ? await Promise.all([registration(near, far), registration(far, near)]) : [];
  const program = ok(
    `protector ${VERSION}, API ${MAX_MICROVERSION}; clouds of ${context.cloudsPath ?? "OS_* variables"}`,
  );
  const findings = [
    { site: "workstation", check: "program", ...program },
    ...near.findings,
    ...(here ? [here] : []),
    ...("handle" in far ? far.findings : [far]),
    ...(there ? [there] : []),
  ];
  context.printer.list(findings, LIST);
  const errors = findings.filter(({ result }) => result === "error");
  if (errors.some(({ isSilence }) => isSilence)) context.worsen(EXIT.peerUnreachable);
  else if (errors.length > 0) context.worsen(EXIT.refusedByState);
}

/** The other site may not be named, or not be found while the first is silent. */
async function examineFar(context: CommandContext): Promise<ExaminedSite | Finding> {
  const site = context.options.secondaryCloud ?? context.host.env.OS_SECONDARY_CLOUD ?? "peer";
  let handle: SiteHandle;
  try {
    handle = await context.far();
  } catch (caught) {
    if (!(caught instanceof ApiError || caught instanceof UsageError)) throw caught;
    const isSilence = caught instanceof ApiError && caught.isSilence;
    const verdict = error(`not found: ${caught.message}`, "Name its cloud with --secondary-cloud.");
    return { site, check: "cloud", ...verdict, isSilence };
  }
  return examineSite(handle, context.host);
}

function registration(site: ExaminedSite, other: ExaminedSite): Promise<Finding> {
  return finding({ site: site.handle.client.name, check: "peer" }, () => registrationVerdict(site, other));
}
