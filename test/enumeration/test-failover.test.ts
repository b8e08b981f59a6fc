import type { Fault, RecordedCall } from "@protector/simulator";
import { beforeAll, describe, expect, test } from "vitest";
import { standingTests } from "../../packages/server/src/domain/standing-tests.ts";
import type { WritingGroup } from "../world/failover-run.ts";
import { cutOffAt } from "../world/interrupted-run.ts";
import { atJournalPoint, type JournalPoint, Lifeline } from "../world/killable.ts";
import {
  type CalmTest,
  changingCalls,
  endWorld,
  letRest,
  orderCleanup,
  orderTest,
  quietGroup,
  runCalm,
  settleTest,
  stateNow,
} from "../world/test-run.ts";

const TIMEOUT = { timeout: 900_000 };

/** What a run without any trouble looks like. */
interface Calm {
  readonly before: unknown;
  readonly build: CalmTest;
  readonly standing: unknown;
  readonly clean: CalmTest;
}

async function calmRun(): Promise<Calm> {
  const writing = await quietGroup();
  const before = await stateNow(writing);
  const build = await runCalm(writing, await orderTest(writing));
  await letRest(writing);
  const standing = await stateNow(writing);
  const clean = await runCalm(writing, await orderCleanup(writing));
  await endWorld(writing);
  return { before, build, standing, clean };
}

/** Both sides of every commit of a run's journal. */
function pointsOf({ commits }: CalmTest): readonly JournalPoint[] {
  return commits.flatMap((_, commit): JournalPoint[] => [
    { commit, when: "before" },
    { commit, when: "after" },
  ]);
}

function labelOf(what: string, point: JournalPoint, { commits }: CalmTest): string {
  return `${what} ${point.when} commit ${point.commit} (${commits[point.commit]})`;
}

function callLabel(what: string, index: number, { service, method, path }: RecordedCall): string {
  return `${what} call ${index}: ${service} ${method} ${path}`;
}

/** A standing test, ready to be cleaned up. */
async function standingTest(): Promise<WritingGroup> {
  const writing = await quietGroup();
  await settleTest(writing, await orderTest(writing), "site-b-engine-1");
  return writing;
}

/** The clean-up afterwards finds everything, whatever happened while the test was built. */
async function expectCleanable(label: string, writing: WritingGroup, before: unknown): Promise<void> {
  await letRest(writing);
  const status = await settleTest(writing, await orderCleanup(writing));
  await letRest(writing);
  writing.sites.stop();
  const { problems } = writing.sites.world;
  expect({ label, status, problems, state: await stateNow(writing) }).toEqual({
    label,
    status: "completed",
    problems: [],
    state: before,
  });
  await endWorld(writing);
}

describe("a test failover", () => {
  let calm: Calm;

  beforeAll(async () => {
    calm = await calmRun();
  });

  test("leaves the world as it was", () => {
    expect(calm.build.status).toBe("completed");
    expect(calm.clean.status).toBe("completed");
    expect(calm.build.commits.length).toBeGreaterThan(30);
    expect(calm.standing).not.toEqual(calm.before);
  });

  test("ends the same, and can be cleaned up, when its engine is killed at any journal write", TIMEOUT, async () => {
    for (const point of pointsOf(calm.build)) {
      const label = labelOf("killed", point, calm.build);
      const writing = await quietGroup();
      const { operationId } = await cutOffAt(writing, point, (lifeline) => lifeline.kill(), orderTest);
      expect({ label, status: await settleTest(writing, operationId) }).toEqual({ label, status: "completed" });
      await letRest(writing);
      expect({ label, state: await stateNow(writing) }).toEqual({ label, state: calm.standing });
      await expectCleanable(label, writing, calm.before);
    }
  });

  test("takes everything back when it is cancelled at any journal write", TIMEOUT, async () => {
    for (const point of pointsOf(calm.build).slice(0, -3)) {
      const label = labelOf("cancelled", point, calm.build);
      const writing = await quietGroup();
      const { sites } = writing;
      const operationId = await orderTest(writing);
      const observer = atJournalPoint(point, () => sites.ask(sites.b, operationId, { verb: "cancel" }));
      const status = await sites.settle(sites.b, operationId, sites.engine(sites.b, { observer }), 3_600_000);
      await letRest(writing);
      expect({ label, status, state: await stateNow(writing) }).toEqual({
        label,
        status: "cancelled",
        state: calm.before,
      });
      await endWorld(writing);
    }
  });

  async function strikeEach(fault: Fault): Promise<void> {
    for (const [index, call] of calm.build.calls.entries()) {
      const label = callLabel(fault.kind, index, call);
      const writing = await quietGroup();
      const operationId = await orderTest(writing);
      writing.sites.world.conditions.inject({ service: "*", skip: index, times: 1, fault });
      const status = await settleTest(writing, operationId, "site-b-engine-1");
      await letRest(writing);
      expect({ label, status, state: await stateNow(writing) }).toEqual({
        label,
        status: "completed",
        state: calm.standing,
      });
      await expectCleanable(label, writing, calm.before);
    }
  }

  test("ends the same when any outside call fails once", TIMEOUT, () =>
    strikeEach({ kind: "refuse", status: 503, body: "busy" }),
  );

  test("ends the same when any outside call takes effect and its answer is lost", TIMEOUT, () =>
    strikeEach({ kind: "lost_answer" }),
  );

  test("leaves nothing when a call takes effect after its engine has died", TIMEOUT, async () => {
    for (const [index, call] of calm.build.calls.entries()) {
      if (changingCalls([call], () => true).length === 0) continue;
      const label = callLabel("late effect of", index, call);
      const writing = await quietGroup();
      const { sites } = writing;
      const operationId = await orderTest(writing);
      sites.world.conditions.inject({ service: "*", skip: index, times: 1, fault: { kind: "late", delayMs: 50_000 } });
      const lifeline = new Lifeline();
      const death = Promise.withResolvers<void>();
      let count = 0;
      const first = sites.engine(sites.b, {
        gate: lifeline.gate,
        beforeCall: async () => {
          if (count++ !== index) return;
          lifeline.kill();
          death.resolve();
        },
      });
      await sites.clock.run(Promise.race([first.look(operationId).then(() => death.promise), death.promise]));
      const status = await settleTest(writing, operationId);
      await letRest(writing);
      expect({ label, status, state: await stateNow(writing) }).toEqual({
        label,
        status: "completed",
        state: calm.standing,
      });
      await expectCleanable(label, writing, calm.before);
    }
  });
});

describe("the clean-up of a test", () => {
  let calm: Calm;

  beforeAll(async () => {
    calm = await calmRun();
  });

  async function expectClean(label: string, writing: WritingGroup, status: string): Promise<void> {
    await letRest(writing);
    expect({ label, status, state: await stateNow(writing) }).toEqual({
      label,
      status: "completed",
      state: calm.before,
    });
    await endWorld(writing);
  }

  test("ends the same when its engine is killed at any journal write", TIMEOUT, async () => {
    for (const point of pointsOf(calm.clean)) {
      const writing = await standingTest();
      const { operationId } = await cutOffAt(writing, point, (lifeline) => lifeline.kill(), orderCleanup);
      await expectClean(labelOf("killed", point, calm.clean), writing, await settleTest(writing, operationId));
    }
  });

  test("can be run again after it was cancelled at any journal write", TIMEOUT, async () => {
    for (const point of pointsOf(calm.clean).slice(0, -3)) {
      const label = labelOf("cancelled", point, calm.clean);
      const writing = await standingTest();
      const { sites } = writing;
      const operationId = await orderCleanup(writing);
      const observer = atJournalPoint(point, () => sites.ask(sites.b, operationId, { verb: "cancel" }));
      const status = await sites.settle(sites.b, operationId, sites.engine(sites.b, { observer }), 3_600_000);
      expect({ label, status }).toEqual({ label, status: "cancelled" });
      // Asked in its last moments, nothing was left to cancel.
      const isClean = (await standingTests(sites.b.connection.db, { groupId: writing.group.id })).length === 0;
      const again = isClean ? "completed" : await settleTest(writing, await orderCleanup(writing));
      await expectClean(label, writing, again);
    }
  });

  test.each<Fault>([{ kind: "refuse", status: 503, body: "busy" }, { kind: "lost_answer" }])(
    "ends the same when any outside call meets $kind once",
    TIMEOUT,
    async (fault) => {
      for (const [index, call] of calm.clean.calls.entries()) {
        const writing = await standingTest();
        const operationId = await orderCleanup(writing);
        writing.sites.world.conditions.inject({ service: "*", skip: index, times: 1, fault });
        const status = await settleTest(writing, operationId, "site-b-engine-1");
        await expectClean(callLabel(fault.kind, index, call), writing, status);
      }
    },
  );
});
