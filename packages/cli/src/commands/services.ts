import type { EngineService } from "@protector/contract";
import type { Command } from "commander";
import type { Column } from "../output/column.ts";
import { type Act, yields } from "./command.ts";
import { atSite, type SiteOption, siteOf } from "./find.ts";

const LIST: readonly Column<EngineService>[] = [
  { name: "binary" },
  { name: "host" },
  { name: "is_alive" },
  { name: "messaging" },
  { name: "seen_at", isTime: true },
];

/** `protector service list` */
export function addServiceCommand(program: Command, act: Act): void {
  const services = program.command("service").description("engines of a site (administrators)");
  atSite(yields(services.command("list"), "list", LIST))
    .description("list the engines of the site of --os-cloud, and when each was last alive")
    .action((options: SiteOption) =>
      act(async (context) => {
        const client = await siteOf(context, options);
        context.printer.list((await client.call("services.index")).services, LIST);
      }),
    );
}
