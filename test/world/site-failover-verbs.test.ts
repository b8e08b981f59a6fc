import { expect, test } from "vitest";
import { atJournalPoint, Lifeline } from "./killable.ts";
import { type ManyGroups, orderRun, planOver, protectGroups, runningAt, viewRun } from "./plan-run.ts";

const PLANNED = { failover: { mode: "planned" as const } };
const LIMIT_MS = 3_600_000;
/** Servers of every run here. */
const ALL = ["srv-1", "srv-2", "srv-3"];

async function threeGroups() {
  const many = await protectGroups(3);
  const planId = await planOver(many, { g1: {}, g2: { after: ["g1"] }, g3: { tier: 1 } });
  return { many, id: await orderRun(many, { action: PLANNED, planId, concurrency: 2 }) };
}

/** Every server runs, at one site alone. */
function expectEachOnce(many: ManyGroups): void {
  expect([...runningAt(many, "site-a"), ...runningAt(many, "site-b")].sort()).toEqual(ALL);
}

/** Both sides of sampled commits of all journals of a calm run: that of the whole and those of its groups. */
async function samplePoints(stride: number) {
  const { many, id } = await threeGroups();
  const observer = atJournalPoint(undefined, () => {});
  const { sites } = many;
  expect(await sites.settle(sites.b, id, sites.engine(sites.b, { observer }), LIMIT_MS)).toBe("completed");
  sites.stop();
  const commits = observer.labels.map((label, commit) => ({ label, commit }));
  // The whole run's own commits are few and all matter; of the groups' every so many is struck.
  const own = commits.filter(({ label }) => /^(order group|plan$|end)/.test(label));
  const sampled = commits.filter(({ commit }) => commit % stride === 0);
  return [...new Set([...own, ...sampled].map(({ commit }) => commit))].sort((a, b) => a - b);
}

test("another engine goes on wherever the first one died, and no group is ordered twice", {
  timeout: 300_000,
}, async () => {
  for (const [index, commit] of (await samplePoints(400)).entries()) {
    const { many, id } = await threeGroups();
    const { sites } = many;
    const lifeline = new Lifeline();
    const { promise: dying, resolve: dies } = Promise.withResolvers<void>();
    const when = index % 2 === 0 ? "before" : "after";
    const observer = atJournalPoint({ commit, when }, () => {
      lifeline.kill();
      dies();
      return lifeline.gate();
    });
    const first = sites.engine(sites.b, { gate: lifeline.gate, observer });
    await sites.clock.run(Promise.race([first.look(id).then(() => dying), dying]));
    const second = sites.engine(sites.b, { host: "site-b-engine-2" });
    second.start();
    const status = await sites.settle(sites.b, id, second, LIMIT_MS);
    await sites.clock.run(second.stop());
    const { children, byName } = await viewRun(many, id);
    expect({ commit, when, status, byName }).toEqual({
      commit,
      when,
      status: "completed",
      byName: { g1: "completed", g2: "completed", g3: "completed" },
    });
    expect(children.map((child) => child.protection_group_name).sort()).toEqual(["g1", "g2", "g3"]);
    expect(runningAt(many, "site-b")).toEqual(ALL);
    expect(runningAt(many, "site-a")).toEqual([]);
    sites.stop();
  }
});

test("cancel reaches the groups: those through stay, those in the midst go back; resume brings the rest over", async () => {
  const { many, id } = await threeGroups();
  const { sites } = many;
  const observer = atJournalPoint(undefined, () => {});
  let isAsked = false;
  const asking = {
    ...observer,
    afterCommit: async (operationId: string) => {
      const { steps } = await viewRun(many, id);
      const second = steps.find(({ name }) => name === "g2");
      if (isAsked || operationId !== second?.operationId) return;
      isAsked = true;
      await sites.ask(sites.b, id, { verb: "cancel" });
      // As the API's announcement does.
      void engine.look(id);
    },
  };
  const engine = sites.engine(sites.b, { observer: asking });
  const status = await sites.settle(sites.b, id, engine, LIMIT_MS);
  const stopped = await viewRun(many, id);
  expect(status).toBe("paused");
  expect(stopped.reason).toMatch(/^stopped: 1 done: "g1"; 2 as before\. Resume it/);
  expect(runningAt(many, "site-b")).toEqual(["srv-1"]);
  expect(runningAt(many, "site-a")).toEqual(["srv-2", "srv-3"]);
  await sites.ask(sites.b, id, { verb: "resume" });
  expect(await sites.settle(sites.b, id, sites.engine(sites.b), LIMIT_MS)).toBe("completed");
  expect(runningAt(many, "site-b")).toEqual(ALL);
  sites.stop();
});

test("a run that is cancelled before any group has come over leaves every server where it was", async () => {
  const { many, id } = await threeGroups();
  const { sites } = many;
  await sites.ask(sites.b, id, { verb: "cancel" });
  expect(await sites.settle(sites.b, id, sites.engine(sites.b), LIMIT_MS)).toBe("cancelled");
  expect((await viewRun(many, id)).children).toEqual([]);
  expect(runningAt(many, "site-a")).toEqual(ALL);
  expectEachOnce(many);
  sites.stop();
});

test.each(["resume", "rollback", "abandon"] as const)(
  "a run that found no group has an end when it is asked to %s",
  async (verb) => {
    const many = await protectGroups(1);
    const { sites } = many;
    const id = await orderRun(many, { action: { failback: {} }, planId: null });
    expect(await sites.settle(sites.b, id, sites.engine(sites.b), LIMIT_MS)).toBe("failed");
    await sites.ask(sites.b, id, { verb, reason: "there is nothing to bring home" });
    const wanted = { resume: "failed", rollback: "rolled_back", abandon: "cancelled" }[verb];
    expect(await sites.settle(sites.b, id, sites.engine(sites.b), LIMIT_MS)).toBe(wanted);
    sites.stop();
  },
);

test("a group that another operation has in hand is waited for", async () => {
  const { many, id } = await threeGroups();
  const { sites, ids } = many;
  const sync = await sites.order(sites.b, ids.g1 ?? "", { type: "test_failover", parameters: { cleanup: "auto" } });
  const engine = sites.engine(sites.b);
  engine.start();
  expect(await sites.settle(sites.b, id, engine, LIMIT_MS)).toBe("completed");
  await sites.clock.run(engine.stop());
  const { children } = await viewRun(many, id);
  const { finished_at: ended } = await sites.b.connection.db
    .selectFrom("dr_operations")
    .select("finished_at")
    .where("id", "=", sync)
    .executeTakeFirstOrThrow();
  expect((children[0]?.created_at ?? "") >= (ended ?? "z")).toBe(true);
  expect(runningAt(many, "site-b").filter((name) => !name.endsWith("-test"))).toEqual(ALL);
  sites.stop();
});
