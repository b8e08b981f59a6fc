import { runSiteFailover } from "@protector/client";
import type { Command } from "commander";
import { type Act, yields } from "./command.ts";
import { OPERATION_COLUMNS } from "./operation-columns.ts";
import { recover } from "./recover.ts";
import { howOf, type RunOptions, runManners, runWish, withRunOptions } from "./run-options.ts";

/** `protector site failover` */
export function addSiteFailoverCommand(sites: Command, act: Act): void {
  withRunOptions(yields(sites.command("failover"), "record", OPERATION_COLUMNS))
    .argument("<site>", "name or id, as registered")
    .description(
      "fail over every group that runs at a site, in whatever project (role dr_site_admin); with --reprotect and --failback every group that is at home there",
    )
    .action((ref: string, options: RunOptions) =>
      act((context) =>
        recover(context, {
          command: "site failover",
          type: "site_failover",
          ref,
          subject: async () => ref,
          wish: runWish(options),
          options,
          ask: (wish, how) => runSiteFailover(context.sites, ref, { ...wish, ...howOf(how) }),
          ...runManners(context),
        }),
      ),
    );
}
