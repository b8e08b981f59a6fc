import type { RecordedCall } from "@protector/simulator";
import { doDuties } from "../../packages/server/src/engine/watch/duties.ts";
import { finalState } from "./final-state.ts";
import { atJournalPoint, type JournalPoint } from "./killable.ts";
import { lostWrites } from "./lost-writes.ts";
import { type ProtectedGroup, protectThreeTier } from "./protected-group.ts";
import { createTwoSites, type TwoSites } from "./two-sites.ts";

/** A protected group whose servers write all the time. */
export interface WritingGroup {
  readonly sites: TwoSites;
  readonly group: ProtectedGroup;
}

/** Three servers at site A, protected on site B, each writing to all its disks every second. */
export async function writingGroup(): Promise<WritingGroup> {
  const sites = await createTwoSites();
  const group = await protectThreeTier(sites);
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

/** By then every late call has arrived and been cleaned up after. */
const ALL_CALLS_IN_MS = 180_000;
const DUTY_PAUSE_MS = 30_000;
const LONGEST_DUTY_MS = 1_800_000;

/** Lets the watches of the target do their duties, stops the world's clocks and reads how it ended. */
export async function outcomeOf({ sites, group }: WritingGroup, status: string): Promise<Outcome> {
  const started = sites.clock.now();
  for (let wait = ALL_CALLS_IN_MS; wait === ALL_CALLS_IN_MS || (await owesSomething(sites)); wait = DUTY_PAUSE_MS) {
    await sites.clock.advance(wait);
    await sites.clock.run(doDuties(sites.ports(sites.b)));
    if (sites.clock.now() > LONGEST_DUTY_MS + started) break;
  }
  sites.stop();
  return {
    status,
    lost: lostWrites(sites, group),
    problems: sites.world.problems,
    state: await finalState(sites, group),
  };
}

async function owesSomething({ b }: TwoSites): Promise<boolean> {
  const duty = await b.connection.db.selectFrom("duties").select("id").where("state", "=", "owed").executeTakeFirst();
  return duty !== undefined;
}

/** A failover that nothing disturbs, with everything it wrote into its journal and every call it made. */
export interface CalmRun extends Outcome {
  /** What each commit of the journal held. */
  readonly commits: readonly string[];
  readonly calls: readonly RecordedCall[];
}

export async function calmRun(): Promise<CalmRun> {
  const writing = await writingGroup();
  const { sites } = writing;
  const observer = atJournalPoint(undefined, () => {});
  const operationId = await orderFailover(writing);
  sites.world.conditions.isRecording = true;
  const status = await sites.settle(sites.b, operationId, sites.engine(sites.b, { observer }));
  sites.world.conditions.isRecording = false;
  return { ...(await outcomeOf(writing, status)), commits: observer.labels, calls: [...sites.world.conditions.calls] };
}

/** Both sides of every commit of a run's journal. */
export function journalPoints(run: CalmRun): readonly JournalPoint[] {
  return run.commits.flatMap((_, commit): JournalPoint[] => [
    { commit, when: "before" },
    { commit, when: "after" },
  ]);
}

/** A point in words, for the message of a test that fails. */
export function describePoint(point: JournalPoint, run: CalmRun): string {
  return `${point.when} commit ${point.commit} (${run.commits[point.commit]})`;
}
