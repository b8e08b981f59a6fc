import type { Fault, RecordedCall } from "@protector/simulator";
import { beforeAll, describe, expect, test } from "vitest";
import { standingTests } from "../../packages/server/src/domain/standing-tests.ts";
import { type CalmRun, describePoint, runCalm } from "../world/calm-run.ts";
import type { WritingGroup } from "../world/failover-run.ts";
import { cancelAt, cutOffAt, cutOffAtCall } from "../world/interrupted-run.ts";
import type { JournalPoint } from "../world/killable.ts";
import { letRest } from "../world/late-effects.ts";
import { struckCalls, struckPoints } from "../world/struck-points.ts";
import {
  changesSomething,
  endWorld,
  orderCleanup,
  orderTest,
  quietGroup,
  settleTest,
  stateNow,
} from "../world/test-run.ts";

const TIMEOUT = { timeout: 900_000 };

/** What a run without any trouble looks like. */
interface Calm {
  readonly before: unknown;
  readonly build: CalmRun;
  readonly standing: unknown;
  readonly clean: CalmRun;
}

async function calmRun(): Promise<Calm> {
  const writing = await quietGroup();
  const before = await stateNow(writing);
  const build = await runCalm(writing.sites, await orderTest(writing));
  await letRest(writing.sites);
  const standing = await stateNow(writing);
  const clean = await runCalm(writing.sites, await orderCleanup(writing));
  await endWorld(writing);
  return { before, build, standing, clean };
}

/** All points but the last three: who cancels there is told that it is done. */
function isBeforeEnd({ commits }: CalmRun): (point: JournalPoint) => boolean {
  const last = commits.length - 1;
  return ({ commit, when }) => commit < last - 1 || (commit === last - 1 && when === "before");
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

/** How an operation ended, in which world. */
interface End {
  readonly label: string;
  readonly writing: WritingGroup;
  readonly status: string;
}

/** Once everything has come to rest. */
async function expectEnd(
  { label, writing, status }: End,
  expected: { readonly status: string; readonly state: unknown },
): Promise<void> {
  await letRest(writing.sites);
  expect({ label, status, state: await stateNow(writing) }).toEqual({ label, ...expected });
}

/** The test stands, and its clean-up finds everything, whatever happened while it was built. */
async function expectStandsAndCleans(built: End, { standing, before }: Calm): Promise<void> {
  const { label, writing } = built;
  await expectEnd(built, { status: "completed", state: standing });
  const cleaned = await settleTest(writing, await orderCleanup(writing));
  await expectEnd({ label, writing, status: cleaned }, { status: "completed", state: before });
  expect({ label, problems: writing.sites.world.problems }).toEqual({ label, problems: [] });
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
    for (const point of struckPoints(calm.build)) {
      const label = `killed ${describePoint(point, calm.build)}`;
      const writing = await quietGroup();
      const { operationId } = await cutOffAt(writing, point, (lifeline) => lifeline.kill(), orderTest);
      await expectStandsAndCleans({ label, writing, status: await settleTest(writing, operationId) }, calm);
    }
  });

  test("takes everything back when it is cancelled at any journal write", TIMEOUT, async () => {
    for (const point of struckPoints(calm.build, { where: isBeforeEnd(calm.build) })) {
      const label = `cancelled ${describePoint(point, calm.build)}`;
      const writing = await quietGroup();
      const { status } = await cancelAt(writing, point, orderTest);
      await expectEnd({ label, writing, status }, { status: "cancelled", state: calm.before });
      await endWorld(writing);
    }
  });

  async function strikeEach(fault: Fault): Promise<void> {
    for (const [index, call] of struckCalls(calm.build)) {
      const label = callLabel(fault.kind, index, call);
      const writing = await quietGroup();
      const operationId = await orderTest(writing);
      writing.sites.world.conditions.inject({ service: "*", skip: index, times: 1, fault });
      const status = await settleTest(writing, operationId, "site-b-engine-1");
      await expectStandsAndCleans({ label, writing, status }, calm);
    }
  }

  test("ends the same when any outside call fails once", TIMEOUT, () =>
    strikeEach({ kind: "refuse", status: 503, body: "busy" }),
  );

  test("ends the same when any outside call takes effect and its answer is lost", TIMEOUT, () =>
    strikeEach({ kind: "lost_answer" }),
  );

  test("leaves nothing when a call takes effect after its engine has died", TIMEOUT, async () => {
    for (const [index, call] of struckCalls(calm.build, { where: changesSomething })) {
      const label = callLabel("late effect of", index, call);
      const writing = await quietGroup();
      writing.sites.world.conditions.inject({
        service: "*",
        skip: index,
        times: 1,
        fault: { kind: "late", delayMs: 50_000 },
      });
      const { operationId } = await cutOffAtCall(writing, index, (lifeline) => lifeline.kill(), orderTest);
      await expectStandsAndCleans({ label, writing, status: await settleTest(writing, operationId) }, calm);
    }
  });
});

describe("the clean-up of a test", () => {
  let calm: Calm;

  beforeAll(async () => {
    calm = await calmRun();
  });

  async function expectClean(label: string, writing: WritingGroup, status: string): Promise<void> {
    await expectEnd({ label, writing, status }, { status: "completed", state: calm.before });
    await endWorld(writing);
  }

  test("ends the same when its engine is killed at any journal write", TIMEOUT, async () => {
    for (const point of struckPoints(calm.clean)) {
      const writing = await standingTest();
      const { operationId } = await cutOffAt(writing, point, (lifeline) => lifeline.kill(), orderCleanup);
      await expectClean(`killed ${describePoint(point, calm.clean)}`, writing, await settleTest(writing, operationId));
    }
  });

  test("can be run again after it was cancelled at any journal write", TIMEOUT, async () => {
    for (const point of struckPoints(calm.clean, { where: isBeforeEnd(calm.clean) })) {
      const label = `cancelled ${describePoint(point, calm.clean)}`;
      const writing = await standingTest();
      const { sites } = writing;
      const { status } = await cancelAt(writing, point, orderCleanup);
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
      for (const [index, call] of struckCalls(calm.clean)) {
        const writing = await standingTest();
        const operationId = await orderCleanup(writing);
        writing.sites.world.conditions.inject({ service: "*", skip: index, times: 1, fault });
        const status = await settleTest(writing, operationId, "site-b-engine-1");
        await expectClean(callLabel(fault.kind, index, call), writing, status);
      }
    },
  );
});
