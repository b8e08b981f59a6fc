import { expect, test } from "vitest";
import { finalState } from "./final-state.ts";
import { atJournalPoint, type JournalPoint, Lifeline } from "./killable.ts";
import { lostWrites } from "./lost-writes.ts";
import { type ProtectedGroup, protectThreeTier, run } from "./protected-group.ts";
import { createTwoSites, type TwoSites } from "./two-sites.ts";

/** A protected group whose servers write all the time. */
async function writingGroup(): Promise<{ sites: TwoSites; group: ProtectedGroup }> {
  const sites = await createTwoSites();
  const group = await protectThreeTier(sites);
  for (const { server } of group.servers) sites.world.cloud("site-a").guest(server.id).startWriting(1000);
  await sites.clock.advance(5000);
  return { sites, group };
}

async function undisturbed() {
  const { sites, group } = await writingGroup();
  const observer = atJournalPoint(undefined, () => {});
  const engine = sites.engine(sites.b, { observer });
  const operationId = await sites.order(sites.b, group.id, { type: "failover", mode: "planned" });
  const status = await sites.settle(sites.b, operationId, engine);
  const state = await finalState(sites, group);
  sites.stop();
  return { status, state, labels: observer.labels, lost: lostWrites(sites, group), problems: sites.world.problems };
}

test("a planned failover moves three servers and loses no write", async () => {
  const { sites, group } = await writingGroup();
  await run(sites, sites.b, group.id, { type: "failover", mode: "planned" });
  expect(sites.world.problems).toEqual([]);
  expect(lostWrites(sites, group)).toEqual([]);
  const [db] = group.servers;
  expect(sites.world.cloud("site-a").guest(db?.server.id ?? "").sequence).toBeGreaterThan(10);
  sites.stop();
});

test("an engine killed at any journal write changes nothing about the outcome", { timeout: 300_000 }, async () => {
  const calm = await undisturbed();
  expect(calm).toMatchObject({ status: "completed", lost: [], problems: [] });
  const points = calm.labels.flatMap((_, commit): JournalPoint[] => [
    { commit, when: "before" },
    { commit, when: "after" },
  ]);
  const started = performance.now();
  for (const point of points) {
    const { sites, group } = await writingGroup();
    const label = `killed ${point.when} commit ${point.commit} (${calm.labels[point.commit]})`;
    const lifeline = new Lifeline();
    let died: () => void = () => {};
    const death = new Promise<void>((resolve) => {
      died = resolve;
    });
    const observer = atJournalPoint(point, () => {
      lifeline.kill();
      died();
      return lifeline.gate();
    });
    const operationId = await sites.order(sites.b, group.id, { type: "failover", mode: "planned" });
    const first = sites.engine(sites.b, { gate: lifeline.gate, observer });
    await sites.clock.run(Promise.race([first.look(operationId).then(() => death), death]));
    const second = sites.engine(sites.b, { host: "site-b-engine-2" });
    const status = await sites.settle(sites.b, operationId, second);
    sites.stop();
    expect({ label, status, lost: lostWrites(sites, group), problems: sites.world.problems }).toEqual({
      label,
      status: "completed",
      lost: [],
      problems: [],
    });
    expect({ label, state: await finalState(sites, group) }).toEqual({ label, state: calm.state });
  }
  console.log(points.length, "points", Math.round(performance.now() - started), "ms");
});
