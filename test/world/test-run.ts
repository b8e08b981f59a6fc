import type { RecordedCall, WorldDescription } from "@protector/simulator";
import { type WritingGroup, writingGroup } from "./failover-run.ts";
import { finalState } from "./final-state.ts";
import type { TestSite } from "./test-site.ts";

/** Orders a test failover on site B; answers the operation's id. */
export function orderTest({ sites, group }: WritingGroup, parameters: Record<string, unknown> = {}): Promise<string> {
  return sites.order(sites.b, group.id, { type: "test_failover", parameters });
}

/** Orders the clean-up of the group's tests. */
export function orderCleanup({ sites, group }: WritingGroup): Promise<string> {
  return sites.order(sites.b, group.id, { type: "test_cleanup" });
}

/** Whether a call can change something: logins and searches do not. */
export function changesSomething({ method, path }: RecordedCall): boolean {
  return method !== "GET" && !/\/auth\/tokens$|\/login$|\/logout$/.test(path);
}

/** Calls to some services that can change something. */
export function changingCalls(calls: readonly RecordedCall[], where: (service: string) => boolean): readonly string[] {
  return calls
    .filter((call) => where(call.service) && changesSomething(call))
    .map(({ service, method, path }) => `${service} ${method} ${path}`);
}

/** Site A and its array, and what of site B's array is replication: what a test must leave as it was. */
export function production({ clouds: [cloud], arrays: [array, other] }: WorldDescription): unknown {
  const markers = other?.volumes.filter(({ name }) => /^protector-[0-9a-f]{12}-e\d+-/.test(name));
  return { cloud, array, replicated: { groups: other?.groups, points: other?.points, markers } };
}

/** Site B without what a test may leave for a while: rows of what an array has destroyed. */
export function targetCloud({ clouds: [, cloud] }: WorldDescription): unknown {
  return cloud;
}

/** A group whose servers are at rest, so that two looks at production can be the same. */
export async function quietGroup(): Promise<WritingGroup> {
  const writing = await writingGroup();
  const { sites, group } = writing;
  for (const { server } of group.servers) sites.world.cloud("site-a").guest(server.id).stopWriting();
  return writing;
}

/** Stops a world and gives its memory back: an enumeration goes through hundreds of them. */
export async function endWorld({ sites }: WritingGroup): Promise<void> {
  sites.stop();
  await Promise.all([sites.a.connection.close(), sites.b.connection.close()]);
}

const LONGEST_MS = 3_600_000;

/** Lets an engine of site B bring an operation to its end. */
export function settleTest({ sites }: WritingGroup, operationId: string, host = "site-b-engine-2"): Promise<string> {
  return sites.settle(sites.b, operationId, sites.engine(sites.b, { host }), LONGEST_MS);
}

/** The world as it is, without generated ids and without the history of what was done. */
export async function stateNow({ sites, group }: WritingGroup): Promise<unknown> {
  const { databases, ...world } = (await finalState(sites, group)) as { databases: Record<string, unknown>[] };
  const rest = databases.map(({ operations: _operations, steps: _steps, ledger: _ledger, ...row }) => row);
  const text = JSON.stringify({ ...world, databases: rest });
  return JSON.parse(text.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "<id>"));
}

/** Row of an operation of site B. */
export function operationRow({ sites }: WritingGroup, id: string, site: TestSite = sites.b) {
  return site.connection.db.selectFrom("dr_operations").selectAll().where("id", "=", id).executeTakeFirstOrThrow();
}
