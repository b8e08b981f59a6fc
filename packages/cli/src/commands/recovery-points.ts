import type { PageRequest } from "@protector/client";
import type { RecoveryPoint } from "@protector/contract";
import type { Command } from "commander";
import type { Column } from "../output/column.ts";
import { durationText } from "../output/duration.ts";
import { sizeText } from "../output/size.ts";
import { type Act, yields } from "./command.ts";
import { atSite, readingSite, type SiteOption } from "./find.ts";
import { paged, pageOf } from "./paging.ts";

const LIST: readonly Column<RecoveryPoint>[] = [
  { name: "name" },
  { name: "created_at", isTime: true },
  { name: "is_usable" },
  { name: "progress", cell: ({ progress }) => `${Math.floor(progress * 100)} %` },
  { name: "lag", cell: ({ lag_seconds: lag }) => (lag === null ? null : durationText(lag)) },
  { name: "sent", cell: ({ bytes_sent }) => sizeText(bytes_sent) },
  { name: "proven_at", isTime: true },
];

/** `protector recovery-point list` */
export function addRecoveryPointCommands(program: Command, act: Act): void {
  const points = program.command("recovery-point").description("array snapshots of a whole group");
  paged(atSite(yields(points.command("list"), "list", LIST)))
    .argument("<group>", "name or id")
    .option("--usable", "only those whose data is complete on the target")
    .description("list the recovery points of a group, newest first")
    .action((ref: string, { usable, ...options }: SiteOption & PageRequest & { readonly usable?: boolean }) =>
      act(async (context) => {
        const { client, id } = await readingSite(context, ref, options);
        const query = usable ? { is_usable: true } : {};
        const points = await client.all("recovery_points.index", { path: { id }, query });
        context.printer.list(pageOf(points, options), LIST);
      }),
    );
}
