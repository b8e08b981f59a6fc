import { failover, reclaim } from "@protector/client";
import type { Command } from "commander";
import { type Act, yields } from "./command.ts";
import { OPERATION_COLUMNS } from "./operation-columns.ts";
import { type PlanOptions, recover, withPlan } from "./recover.ts";

interface ReclaimOptions extends PlanOptions {
  readonly reason?: string;
  readonly site?: string;
}

/** `protector failover` and `protector reclaim` */
export function addFailoverCommands(program: Command, act: Act): void {
  withPlan(yields(program.command("failover"), "record", OPERATION_COLUMNS))
    .argument("<group>", "name or id")
    .description("planned failover: stop the servers, replicate, start them at the other site")
    .action((ref: string, options: PlanOptions) =>
      act((context) =>
        recover(context, {
          command: "failover",
          type: "failover",
          ref,
          wish: {},
          options,
          ask: (_, { recoveryPoint: _none, ...how }) => failover(context.sites, ref, how),
        }),
      ),
    );
  withPlan(yields(program.command("reclaim"), "record", OPERATION_COLUMNS))
    .argument("<group>", "name or id")
    .option("--reason <text>", "why it is safe; needed when the other site has taken over")
    .option("--site <name>", "site whose servers come back; default: the one that the last failover left")
    .description("bring the servers back on the site that they left, when a failover cannot finish")
    .action((ref: string, { reason, site, ...options }: ReclaimOptions) =>
      act((context) =>
        recover(context, {
          command: "reclaim",
          type: "reclaim",
          ref,
          wish: { ...(reason === undefined ? {} : { reason }), ...(site === undefined ? {} : { site }) },
          options,
          ask: (wish, { recoveryPoint: _none, ...how }) => reclaim(context.sites, ref, { ...wish, ...how }),
        }),
      ),
    );
}
