import { writesOf } from "@protector/simulator";
import { doDuties } from "../../packages/server/src/engine/watch/duties.ts";
import { type Outcome, orderFailover, type WritingGroup, writingGroup } from "./failover-run.ts";
import { finalState } from "./final-state.ts";
import { letRest } from "./late-effects.ts";
import { carry, run } from "./protected-group.ts";
import { settleTest } from "./test-run.ts";

/** Carries what site B's database says of the group to site A, as the client does after every operation. */
export function carryHome({ sites, group }: WritingGroup): Promise<void> {
  return sites.clock.run(carry(sites, sites.b, sites.a, group.id));
}

/** Carries what site A's database says of the group to site B. */
export function carryAway({ sites, group }: WritingGroup): Promise<void> {
  return sites.clock.run(carry(sites, sites.a, sites.b, group.id));
}

/** Fails over to site B, where the servers write on. @throws Error when it does not complete. */
export async function goAway(writing: WritingGroup, order = orderFailover): Promise<void> {
  const { sites } = writing;
  const status = await settleTest(writing, await order(writing));
  if (status !== "completed") throw new Error(`the failover is ${status}`);
  const { guests, compute } = sites.world.cloud("site-b");
  for (const { id } of compute.servers.values()) guests.find(id)?.startWriting(1000);
  await sites.clock.advance(5000);
}

/** Replicates back from site B, and tells site A, which fences what is left there. */
export async function protectBack(writing: WritingGroup): Promise<void> {
  const { sites, group } = writing;
  await run(sites, sites.b, group.id, { type: "reprotect" });
  await carryHome(writing);
  await sites.clock.run(doDuties(sites.ports(sites.a)));
}

/** A group that runs at site B and replicates back, its servers writing. */
export async function awayGroup(count?: number): Promise<WritingGroup> {
  const writing = await writingGroup(count);
  await goAway(writing);
  await protectBack(writing);
  await writing.sites.clock.advance(5000);
  return writing;
}

/** Orders the reprotection at site B; answers the operation's id. */
export function orderReprotect({ sites, group }: WritingGroup): Promise<string> {
  return sites.order(sites.b, group.id, { type: "reprotect" });
}

/** Orders the failback at site A; answers the operation's id. */
export function orderFailback({ sites, group }: WritingGroup): Promise<string> {
  return sites.order(sites.a, group.id, { type: "failback" });
}

/** What the servers of site B had written, by the name of the server, as seen before they are deleted. */
export type Written = ReadonlyMap<string, { readonly writer: string; last(): number }>;

/** Follows what the servers of site B write. */
export function followWrites({ sites }: WritingGroup): Written {
  const cloud = sites.world.cloud("site-b");
  return new Map(
    [...cloud.compute.servers.values()].map(({ id, name }) => {
      const guest = cloud.guest(id);
      return [name, { writer: id, last: () => guest.sequence }] as const;
    }),
  );
}

/** Writes of site B's servers that those of site A did not find when they booted last, by server. */
export function lostAtHome({ sites, group }: WritingGroup, written: Written): readonly string[] {
  return group.servers.flatMap(({ server }) => {
    const at = written.get(server.name);
    const boot = sites.world.cloud("site-a").guests.find(server.id)?.bootRecords.at(-1);
    if (!at || !boot) return [`${server.name}: never ran`];
    const found = new Set(
      boot.disks
        .flatMap((disk) => writesOf(disk.content))
        .filter((write) => write.writer === at.writer)
        .map((write) => write.sequence),
    );
    const missing = Array.from({ length: at.last() }, (_, index) => index + 1).filter((each) => !found.has(each));
    if (at.last() === 0) return [`${server.name}: wrote nothing`];
    return missing.length > 0 ? [`${server.name}: ${missing.length} of ${at.last()} writes lost`] : [];
  });
}

/** Lets the watches do what is owed, stops the world's clocks and reads how a failback ended. */
export async function homeOutcome(writing: WritingGroup, status: string, written: Written): Promise<Outcome> {
  const { sites, group } = writing;
  await letRest(sites, sites.a);
  sites.stop();
  return {
    status,
    lost: lostAtHome(writing, written),
    problems: sites.world.problems,
    state: await finalState(sites, group),
  };
}
