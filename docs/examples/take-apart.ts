import { deleteGroup, deletePolicy, type RunningOperation, watchOperation, webPorts } from "@protector/client";
import { twoSites } from "./two-sites.ts";

/** Takes every server out of a group, then its policy off, then deletes it; the servers run on. */
const [, , name = "shop"] = process.argv;
const sites = twoSites(process.env);

async function finish(running: RunningOperation): Promise<void> {
  let { operation } = running;
  for await (const moment of watchOperation(running, webPorts())) operation = moment.operation;
  await sites.settle(operation.protection_group_id ?? name);
  process.stdout.write(`${operation.type}: ${operation.status}\n`);
}

const id = await sites.groupId(name);
for (const { id: member_id } of await sites.near.all("members.index", { path: { id } })) {
  const path = { id, member_id };
  const { value, client } = await sites.change(id, (primary) => primary.call("members.delete", { path }));
  await finish({ operation: value.operation, client });
}
await finish(await deletePolicy(sites, id));
await finish(await deleteGroup(sites, id));
