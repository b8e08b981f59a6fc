import { type CalmRun, runCalm } from "./calm-run.ts";
import { finalState } from "./final-state.ts";
import { letRest } from "./late-effects.ts";
import { lostWrites } from "./lost-writes.ts";
import { type ProtectedGroup, protectThreeTier } from "./protected-group.ts";
import { createTwoSites, type TwoSites } from "./two-sites.ts";

/** A protected group whose servers write all the time. */
export interface WritingGroup {
  readonly sites: TwoSites;
  readonly group: ProtectedGroup;
}

/** Servers at site A, protected on site B, each writing to all its disks every second. @param count default three. */
export async function writingGroup(count?: number): Promise<WritingGroup> {
  const sites = await createTwoSites();
  const group = await protectThreeTier(sites, { count });
  for (const { server } of group.servers) sites.world.cloud("site-a").guest(server.id).startWriting(1000);
  await sites.clock.advance(5000);
  return { sites, group };
}

/** Orders the planned failover to site B; answers the operation's id. */
export function orderFailover({ sites, group }: WritingGroup): Promise<string> {
  return sites.order(sites.b, group.id, { type: "failover", mode: "planned" });
}

/** What every run must end in, whatever happened on the way. */
export interface Outcome {
  readonly status: string;
  readonly lost: readonly string[];
  readonly problems: readonly unknown[];
  readonly state: unknown;
}

/** Lets the watches of the target do their duties, stops the world's clocks and reads how it ended. */
export async function outcomeOf({ sites, group }: WritingGroup, status: string): Promise<Outcome> {
  await letRest(sites);
  sites.stop();
  return {
    status,
    lost: lostWrites(sites, group),
    problems: sites.world.problems,
    state: await finalState(sites, group),
  };
}

/** A failover that nothing disturbs, and what every other one has to end in too. */
export interface CalmFailover {
  readonly run: CalmRun;
  readonly outcome: Outcome;
}

export async function calmFailover(): Promise<CalmFailover> {
  const writing = await writingGroup();
  const run = await runCalm(writing.sites, await orderFailover(writing));
  return { run, outcome: await outcomeOf(writing, run.status) };
}
