import {
  chooseKept,
  deleteKeptSnapshot,
  listKeptSnapshots,
  type PageRequest,
  type PlacedSnapshot,
  snapshotsFirst,
} from "@protector/client";
import type { KeptSnapshot } from "@protector/contract";
import type { Command } from "commander";
import type { CommandContext } from "../context.ts";
import { EXIT, UsageError } from "../exit-codes.ts";
import { finish } from "../follow.ts";
import type { Column } from "../output/column.ts";
import { type Act, yields } from "./command.ts";
import { OPERATION_LIST } from "./operation-columns.ts";
import { paged, pageOf } from "./paging.ts";

type Row = KeptSnapshot & { readonly site: string };

const LIST: readonly Column<Row>[] = [
  { name: "id" },
  { name: "kind" },
  { name: "name" },
  { name: "site" },
  { name: "reason" },
  { name: "operation_type" },
  { name: "created_at", isTime: true },
];

interface DeleteOptions {
  readonly all?: boolean;
}

/** `protector kept-snapshot …` */
export function addKeptSnapshotCommands(program: Command, act: Act): void {
  const kept = program.command("kept-snapshot").description("what volumes held that is nowhere else");
  paged(yields(kept.command("list"), "list", LIST))
    .argument("<group>", "name or id")
    .description("list what was kept when servers changed their site, at both sites, newest first")
    .action((ref: string, options: PageRequest) =>
      act(async (context) => {
        const { kept: found, silent } = await listKeptSnapshots(context.sites, ref);
        for (const name of silent) context.warn(`${name} does not answer: what its engine has kept is missing here.`);
        const rows = found.map(({ snapshot, site }) => ({ ...snapshot, site }));
        context.printer.list(pageOf(rows, options), LIST);
      }),
    );
  yields(kept.command("delete"), "list", OPERATION_LIST)
    .argument("<group>", "name or id")
    .argument("[snapshot...]", "ids or names")
    .option("--all", "every one of the group")
    .description("delete what was kept; the array can recover it for its eradication delay")
    .action((ref: string, names: string[], options: DeleteOptions) =>
      act((context) => deleteKept(context, ref, { names, ...options })),
    );
}

async function deleteKept(
  context: CommandContext,
  ref: string,
  { names, all = false }: DeleteOptions & { readonly names: readonly string[] },
): Promise<void> {
  if (all === names.length > 0) throw new UsageError("Name the kept snapshots to delete, or say --all.");
  const { id, kept } = await listKeptSnapshots(context.sites, ref);
  const chosen = snapshotsFirst(all ? kept : chooseKept(kept, names, context.sites.near.name));
  if (chosen.length > 0 && !(await isConfirmed(context, chosen))) {
    context.note("Nothing was deleted.");
    return context.worsen(EXIT.error);
  }
  const done = [];
  for (const snapshot of chosen) done.push(await finish(context, await deleteKeptSnapshot(snapshot, id), id));
  context.printer.list(done, OPERATION_LIST);
}

/** @throws UsageError where nobody can be asked. */
async function isConfirmed({ host, options, printer }: CommandContext, chosen: readonly PlacedSnapshot[]) {
  if (options.yes) return true;
  if (!host.ask) throw new UsageError("Nobody is at the terminal to confirm. Use --yes to delete without being asked.");
  for (const { snapshot, site } of chosen) printer.tell(`${snapshot.name} at ${site}\n`);
  const question = `\nWhat they hold is nowhere else. Delete ${chosen.length}? Type "yes" to go on: `;
  return (await host.ask(question)).trim() === "yes";
}
