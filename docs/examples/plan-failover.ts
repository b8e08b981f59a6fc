import { failover, watchOperation, webPorts } from "@protector/client";
import { twoSites } from "./two-sites.ts";

/** What a failover would do, and what stands in its way; nothing is started. */
const [, , name = "shop"] = process.argv;
const running = await failover(twoSites(process.env), name, { dryRun: true });
let { operation } = running;
for await (const moment of watchOperation(running, webPorts())) operation = moment.operation;
const { steps = [], blockers = [] } = operation.plan ?? {};
process.stdout.write(`${steps.length} steps, ${blockers.length} blockers\n`);
for (const { check, reason, remedy } of blockers) process.stdout.write(`${check}: ${reason} ${remedy ?? ""}\n`);
