import { type HttpTransport, VirtualClock } from "@protector/ports";
import type { PointQuestion, RecoveryPoint, StorageArray } from "@protector/storage";
import { expect, test } from "vitest";
import { PointPool } from "../../packages/server/src/engine/world/shared-points.ts";
import { orderRun, protectGroups, viewRun } from "./plan-run.ts";

/** ms that an answer is on its way. */
const CARRIED_MS = 50;
const ACCESS = { url: "https://127.0.0.22", apiToken: "token", tls: {} };

/** An array whose points have all arrived, or none; it counts what it is asked. */
function arrayWithPoints() {
  const clock = new VirtualClock(0);
  const state = { hasArrived: false, calls: [] as (readonly string[])[], closed: 0 };
  const pointAt = ({ source, suffix }: PointQuestion, isUsable: boolean): RecoveryPoint => ({
    group: source.group,
    suffix,
    createdAt: 0,
    completedAt: undefined,
    progress: 0,
    isUsable,
    bytesSent: 0,
  });
  const array: Pick<StorageArray, "findRecoveryPoints" | "close"> = {
    findRecoveryPoints: async (asked) => {
      state.calls.push(asked.map(({ suffix }) => suffix));
      const { hasArrived } = state;
      await clock.sleep(CARRIED_MS);
      return asked.map((each) => (each.suffix === "missing" ? undefined : pointAt(each, hasArrived)));
    },
    close: async () => {
      state.closed += 1;
    },
  };
  const pool = new PointPool(clock, () => array as StorageArray);
  return { clock, state, pool };
}

function question(suffix: string): PointQuestion {
  return { source: { group: "protector-1", array: "array-a" }, suffix };
}

test("those who wait for points of an array share a question; what was asked before is told to nobody", async () => {
  const { clock, state, pool } = arrayWithPoints();
  const [first, second] = [pool.take(ACCESS), pool.take(ACCESS)];
  const both = [first.find(question("a")), second.find(question("b")), second.find(question("missing"))];
  await clock.advance(CARRIED_MS - 1);
  expect(state.calls).toEqual([["a", "b", "missing"]]);
  state.hasArrived = true;
  const late = second.find(question("b"));
  const early = await clock.run(Promise.all(both));
  expect(early.map((point) => point?.isUsable)).toEqual([false, false, undefined]);
  expect((await clock.run(late))?.isUsable).toBe(true);
  expect(state.calls).toEqual([["a", "b", "missing"], ["b"]]);
});

test("the session with an array ends with its last user, and another token is given nothing of it", async () => {
  const { clock, state, pool } = arrayWithPoints();
  const taken = [pool.take(ACCESS), pool.take(ACCESS), pool.take({ ...ACCESS, apiToken: "another" })];
  await clock.run(Promise.all(taken.map((each) => each.find(question("a")))));
  expect(state.calls).toEqual([["a"], ["a"]]);
  expect(pool.size).toBe(2);
  await taken[0]?.giveBack();
  await taken[0]?.giveBack();
  expect(state.closed).toBe(0);
  for (const each of taken) await each.giveBack();
  expect([pool.size, state.closed]).toEqual([0, 2]);
});

test("groups that fail over at once ask about their transfers hardly more often than one does", async () => {
  const questionsOf = async (groups: number) => {
    const many = await protectGroups(groups);
    const { sites } = many;
    let questions = 0;
    const transport: HttpTransport = (request) => {
      if (new URL(request.url).pathname.endsWith("/protection-group-snapshots/transfer")) questions += 1;
      return sites.world.transport(request);
    };
    const action = { failover: { mode: "planned" as const } };
    const id = await orderRun(many, { action, planId: null, concurrency: groups });
    await sites.settle(sites.b, id, sites.engine(sites.b, { transport }), 3_600_000);
    expect((await viewRun(many, id)).steps.map(({ status }) => status)).toEqual(Array(groups).fill("completed"));
    sites.stop();
    return questions;
  };
  const [one, six] = [await questionsOf(1), await questionsOf(6)];
  expect(one).toBeGreaterThan(20);
  expect(six).toBeLessThan(one * 2);
});
