import { type RunningOperation, watchOperation, webPorts } from "@protector/client";
import { twoSites } from "./two-sites.ts";

/** Gives a group its policy, puts a server into it, and waits for both: the group's name, the server's id, two backends. */
const [, , name = "shop", server_id = "", primary_backend = "array-a", secondary_backend = "array-b"] = process.argv;
const sites = twoSites(process.env);
const { clock } = webPorts();

async function finish(running: RunningOperation): Promise<void> {
  let { operation } = running;
  for await (const moment of watchOperation(running, { clock })) operation = moment.operation;
  // The other site hears what has come of it.
  await sites.settle(name);
  process.stdout.write(`${operation.type}: ${operation.status}\n`);
}

const policy = { primary_backend, secondary_backend };
const made = await sites.change(name, (primary, id) =>
  primary.call("policies.create", { path: { id }, body: { policy } }),
);
await finish({ operation: made.value.operation, client: made.client });
const added = await sites.change(name, (primary, id) =>
  primary.call("members.create", { path: { id }, body: { member: { server_id } } }),
);
await finish({ operation: added.value.operation, client: added.client });
