import type { Fault, RecordedCall } from "@protector/simulator";
import { beforeAll, describe, expect, test } from "vitest";
import { primaryMarkers } from "../watches/watched-site.ts";
import { type CalmRun, describePoint, runCalm } from "../world/calm-run.ts";
import type { WritingGroup } from "../world/failover-run.ts";
import { cancelAt, cutOffAt, cutOffAtCall } from "../world/interrupted-run.ts";
import { atJournalPoint } from "../world/killable.ts";
import { struckCalls, struckPoints } from "../world/struck-points.ts";
import { changesSomething, endWorld, operationRow, quietGroup, settleTest, stateNow } from "../world/test-run.ts";
import {
  letBothSitesRest,
  lose,
  orderUnplanned,
  owedAt,
  REASON,
  running,
  writersAtEachStart,
  writingAtSource,
} from "../world/unplanned-run.ts";

const TIMEOUT = { timeout: 600_000 };
/** Every other kind of point, unless all are struck. */
const SAMPLED = { every: 2 };
const RESUMED = { resumeGuests: true };

/** How every run has to end once both sites are there again. */
const ONE_SIDE_RUNS = {
  atSource: Array(3).fill(["SHUTOFF", "admin"]),
  writingAtSource: 0,
  atTarget: 3,
  owed: [],
  isLevel: true,
  problems: [],
};

async function endOf(writing: WritingGroup): Promise<typeof ONE_SIDE_RUNS> {
  await letBothSitesRest(writing);
  const { sites, group } = writing;
  const { isLevel } = await primaryMarkers(sites, group.id);
  return {
    atSource: sites.world
      .cloud("site-a")
      .describe()
      .servers.map(({ status, lockedBy }) => [status, lockedBy]),
    writingAtSource: writingAtSource(writing),
    atTarget: running(writing, "site-b"),
    owed: [...(await owedAt(sites.a)), ...(await owedAt(sites.b))] as never[],
    isLevel,
    problems: [...sites.world.problems] as never[],
  };
}

/** As a person would: a fence that failed, or that nothing is there for, is answered with a reason. */
async function settleWithReason(writing: WritingGroup, operationId: string): Promise<string> {
  const status = await settleTest(writing, operationId);
  if (status !== "failed") return status;
  const { error } = await operationRow(writing, operationId);
  if (error?.includes("protector.fence.reason_required"))
    return settleTest(writing, await orderUnplanned(writing, { reason: REASON }));
  if (!error?.includes("protector.fence.failed")) return `${status}: ${error}`;
  await writing.sites.ask(writing.sites.b, operationId, { verb: "resume", as: "unplanned", reason: REASON });
  return settleTest(writing, operationId);
}

describe("an unplanned failover", () => {
  let calm: CalmRun;
  let calmOfArray: CalmRun;

  beforeAll(async () => {
    const alive = await quietGroup();
    calm = await runCalm(alive.sites, await orderUnplanned(alive));
    await endWorld(alive);
    const deaf = await quietGroup();
    lose(deaf, deaf.sites.a, "control plane");
    calmOfArray = await runCalm(deaf.sites, await orderUnplanned(deaf));
    await endWorld(deaf);
  });

  test("completes by itself, whichever means of fencing it has", () => {
    expect([calm.status, calmOfArray.status]).toEqual(["completed", "completed"]);
    expect(calm.commits.length).toBeGreaterThan(40);
  });

  test.each(["nothing", "control plane"] as const)(
    "ends the same when its engine is killed at any journal write, with %s of the source lost",
    TIMEOUT,
    async (lost) => {
      const run = lost === "nothing" ? calm : calmOfArray;
      for (const point of struckPoints(run, SAMPLED)) {
        const label = `killed ${describePoint(point, run)}`;
        const writing = await quietGroup();
        const bringBack = lost === "nothing" ? () => {} : lose(writing, writing.sites.a, lost);
        const writers = writersAtEachStart(writing);
        const { operationId } = await cutOffAt(writing, point, (line) => line.kill(), orderUnplanned);
        const status = await settleTest(writing, operationId);
        const starts = { count: writers.length >= 3, writers: Math.max(...writers) };
        expect({ label, status, ...starts }).toEqual({ label, status: "completed", count: true, writers: 0 });
        bringBack();
        expect({ label, ...(await endOf(writing)) }).toEqual({ label, ...ONE_SIDE_RUNS });
        await endWorld(writing);
      }
    },
  );

  test.each<Fault>([{ kind: "refuse", status: 503, body: "busy" }, { kind: "lost_answer" }])(
    "ends with one side running when any outside call meets $kind once",
    TIMEOUT,
    async (fault) => {
      // A question whose answer is lost is a question that fails.
      const isWorthIt = (call: RecordedCall) => fault.kind !== "lost_answer" || changesSomething(call);
      for (const [index, call] of struckCalls(calm, { ...SAMPLED, where: isWorthIt })) {
        const label = `${fault.kind} at call ${index}: ${call.service} ${call.method} ${call.path}`;
        const writing = await quietGroup();
        const id = await orderUnplanned(writing);
        writing.sites.world.conditions.inject({ service: "*", skip: index, times: 1, fault });
        expect({ label, status: await settleWithReason(writing, id) }).toEqual({ label, status: "completed" });
        expect({ label, ...(await endOf(writing)) }).toEqual({ label, ...ONE_SIDE_RUNS });
        await endWorld(writing);
      }
    },
  );

  test.each(["nothing", "control plane"] as const)(
    "ends with one side running when a call takes effect after its engine has died, with %s of the source lost",
    TIMEOUT,
    async (lost) => {
      const run = lost === "nothing" ? calm : calmOfArray;
      for (const [index, call] of struckCalls(run, { ...SAMPLED, where: changesSomething })) {
        const label = `late effect of call ${index}: ${call.service} ${call.method} ${call.path}`;
        const writing = await quietGroup();
        makeLate(writing, index);
        const bringBack = lost === "nothing" ? () => {} : lose(writing, writing.sites.a, lost);
        const { operationId } = await cutOffAtCall(writing, index, (line) => line.kill(), orderUnplanned);
        expect({ label, status: await settleTest(writing, operationId) }).toEqual({ label, status: "completed" });
        bringBack();
        expect({ label, ...(await endOf(writing)) }).toEqual({ label, ...ONE_SIDE_RUNS });
        await endWorld(writing);
      }
    },
  );

  test(
    "takes everything back though a call to the source takes effect after its engine has died",
    TIMEOUT,
    async () => {
      const before = await untouched();
      for (const run of [calm, calmOfArray]) {
        const isUndone = (call: RecordedCall, index: number) =>
          changesSomething(call) && /site-a|array-a/.test(call.service) && !isPastNoReturn(run, index);
        for (const [index, call] of struckCalls(run, { ...SAMPLED, where: isUndone })) {
          const label = `late effect of call ${index}: ${call.service} ${call.method} ${call.path}`;
          const writing = await quietGroup();
          const { sites } = writing;
          const bringBack = run === calm ? () => {} : lose(writing, sites.a, "control plane");
          makeLate(writing, index);
          const { operationId } = await cutOffAtCall(writing, index, (line) => line.kill(), orderUnplanned);
          await sites.ask(sites.b, operationId, { verb: "cancel" });
          const status = await settleTest(writing, operationId);
          bringBack();
          await letBothSitesRest(writing);
          const state = withoutEpochs(await stateNow(writing));
          expect({ label, status, state }).toEqual({ label, status: "cancelled", state: before });
          await endWorld(writing);
        }
      }
    },
  );

  test.each(["all", "black hole"] as const)(
    "ends with one side running when the source is lost at any journal write (%s) and comes back with its guests",
    TIMEOUT,
    async (loss) => {
      // Behind a network that swallows everything each run takes long: one side of every commit will do.
      const points = struckPoints(calm, { ...SAMPLED, where: ({ when }) => loss === "all" || when === "after" });
      for (const point of points) {
        const label = `${loss} ${describePoint(point, calm)}`;
        const writing = await quietGroup();
        const { sites } = writing;
        let bringBack: () => void = () => {};
        const observer = atJournalPoint(point, () => {
          bringBack = lose(writing, sites.a, loss, RESUMED);
        });
        const id = await orderUnplanned(writing);
        await sites.settle(sites.b, id, sites.engine(sites.b, { observer }), 3_600_000);
        expect({ label, status: await settleWithReason(writing, id) }).toEqual({ label, status: "completed" });
        bringBack();
        expect({ label, ...(await endOf(writing)) }).toEqual({ label, ...ONE_SIDE_RUNS });
        await endWorld(writing);
      }
    },
  );

  test(
    "ends with one side running when a dead source comes back with its guests at any journal write",
    TIMEOUT,
    async () => {
      const dead = await quietGroup();
      lose(dead, dead.sites.a, "all");
      const run = await runCalm(dead.sites, await orderUnplanned(dead, { reason: REASON }));
      await endWorld(dead);
      expect(run.status).toBe("completed");
      for (const point of struckPoints(run, SAMPLED)) {
        const label = `source came back ${describePoint(point, run)}`;
        const writing = await quietGroup();
        const { sites } = writing;
        const bringBack = lose(writing, sites.a, "all", RESUMED);
        const observer = atJournalPoint(point, bringBack);
        const id = await orderUnplanned(writing, { reason: REASON });
        const engine = sites.engine(sites.b, { observer });
        const status = await sites.settle(sites.b, id, engine, 3_600_000);
        expect({ label, status }).toEqual({ label, status: "completed" });
        expect({ label, ...(await endOf(writing)) }).toEqual({ label, ...ONE_SIDE_RUNS });
        await endWorld(writing);
      }
    },
  );

  test("can be taken back by reclaim when the target is destroyed at any journal write", TIMEOUT, async () => {
    for (const point of struckPoints(calmOfArray, SAMPLED)) {
      const label = `target destroyed ${describePoint(point, calmOfArray)}`;
      const writing = await quietGroup();
      const { sites, group } = writing;
      const bringBack = lose(writing, sites.a, "control plane");
      await cutOffAt(writing, point, (line) => line.kill(), orderUnplanned);
      lose(writing, sites.b, "all");
      bringBack();
      const parameters = { reason: "site B burnt down, nothing runs there" };
      const id = await sites.order(sites.a, group.id, { type: "reclaim", parameters });
      const status = await sites.settle(sites.a, id, sites.engine(sites.a), 3_600_000);
      const servers = sites.world.cloud("site-a").describe().servers;
      expect({
        label,
        status,
        servers: servers.map(({ status, lockedBy }) => [status, lockedBy]),
        writing: writingAtSource(writing),
      }).toEqual({ label, status: "completed", servers: Array(3).fill(["ACTIVE", null]), writing: 3 });
      expect({ label, problems: sites.world.problems }).toEqual({ label, problems: [] });
      await endWorld(writing);
    }
  });

  test(
    "takes everything back when it is cancelled at any journal write before the first server starts",
    TIMEOUT,
    async () => {
      const before = await untouched();
      const noReturn = calm.commits.findIndex((labels) => labels.includes("is_past_no_return"));
      for (const point of struckPoints(calm, { ...SAMPLED, where: ({ commit }) => commit < noReturn })) {
        const label = `cancelled ${describePoint(point, calm)}`;
        const writing = await quietGroup();
        const { status } = await cancelAt(writing, point, orderUnplanned);
        await letBothSitesRest(writing);
        expect({ label, status, state: withoutEpochs(await stateNow(writing)) }).toEqual({
          label,
          status: "cancelled",
          state: before,
        });
        await endWorld(writing);
      }
    },
  );
});

/** What the world is when nothing was done. */
async function untouched(): Promise<unknown> {
  const writing = await quietGroup();
  const state = withoutEpochs(await stateNow(writing));
  await endWorld(writing);
  return state;
}

/** The call takes effect so late that another engine has taken over by then. Before {@link lose}, whose rules would not count. */
function makeLate({ sites }: WritingGroup, index: number): void {
  sites.world.conditions.inject({ service: "*", skip: index, times: 1, fault: { kind: "late", delayMs: 50_000 } });
}

/** Whether the first server had been asked for before a call. */
function isPastNoReturn({ calls }: CalmRun, index: number): boolean {
  const first = calls.findIndex(
    ({ service, method, path }) => service === "site-b/nova" && method === "POST" && /\/servers$/.test(path),
  );
  return index >= first;
}

/** Epochs rise with every change of the primary role, markers with them; all else has to be as before. */
function withoutEpochs(state: unknown): unknown {
  const text = JSON.stringify(state)
    .replace(/-e\d+-idle/g, "-e<n>-idle")
    .replace(/"epoch":\d+/g, '"epoch":0');
  return JSON.parse(text);
}
