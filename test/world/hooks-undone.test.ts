import { expect, test } from "vitest";
import type { Hook } from "../../packages/contract/src/index.ts";
import { readJson, readOptionalJson } from "../../packages/server/src/db/codecs.ts";
import { stepsToSkip } from "../../packages/server/src/domain/skip-rules.ts";
import { describePoint, runCalm } from "./calm-run.ts";
import { orderFailover, type WritingGroup } from "./failover-run.ts";
import { Receiver, settle, withHooks } from "./hook-run.ts";
import { cutOffAt } from "./interrupted-run.ts";
import type { JournalPoint } from "./killable.ts";
import { struckPoints } from "./struck-points.ts";
import { operationRow } from "./test-run.ts";

const UNDO = "https://hooks.example.com/undo";

/** What the undo URL was told, in the order of the calls: which hook, and whether that had been delivered. */
function undone(receiver: Receiver): readonly unknown[] {
  const bodies = receiver.requests.flatMap(({ url, body }) => (url === UNDO ? [JSON.parse(body ?? "null")] : []));
  return bodies.map(({ undoes }) => [String(undoes.id).split(":")[1], undoes.is_delivered]);
}

const REFUSED = { of: "tier", tier: 0, url: "https://hooks.example.com/refuse" } as const;

/** Orders a failover with {@link REFUSED}: it stops before its first server starts, to be taken back. */
async function orderRefused(writing: WritingGroup, receiver: Receiver): Promise<string> {
  receiver.answer = ({ url }) => (url === REFUSED.url ? 500 : 204);
  const id = await orderFailover(writing);
  expect(await settle(writing, id, receiver)).toBe("failed");
  return id;
}

const UNDOABLE: readonly Partial<Hook>[] = [
  { of: "plan", undo_url: UNDO },
  { of: "plan" },
  { of: "plan", undo_url: UNDO },
  { of: "tier", tier: 0, undo_url: UNDO },
  { ...REFUSED, undo_url: UNDO },
  { of: "tier", tier: 0, when: "after", undo_url: UNDO },
];

test("taken back, a failover undoes the hooks that it has called, the last first, and no other", async () => {
  const writing = await withHooks(UNDOABLE);
  const { sites } = writing;
  const receiver = new Receiver();
  const id = await orderRefused(writing, receiver);
  expect(undone(receiver)).toEqual([]);
  await sites.ask(sites.b, id, { verb: "rollback" });
  expect(await settle(writing, id, receiver)).toBe("rolled_back");
  expect(undone(receiver)).toEqual([
    ["hook.4.0", null],
    ["hook.3.0", true],
    ["hook.2", true],
    ["hook.0", true],
  ]);
  const body = receiver.bodies.at(-1);
  const called = receiver.bodies[0];
  expect(body).toEqual({
    ...called,
    id: `${called.id}:undo`,
    issued_at: body.issued_at,
    undoes: { id: called.id, is_delivered: true },
  });
  sites.stop();
});

test("a commit window that is rolled back undoes the hooks that were called in it", async () => {
  const writing = await withHooks([
    { of: "tier", when: "after", undo_url: UNDO },
    { of: "plan", when: "after", undo_url: UNDO },
  ]);
  const { sites, group } = writing;
  const receiver = new Receiver();
  const parameters = { commit_window: 3600 };
  const id = await sites.order(sites.b, group.id, { type: "failover", mode: "planned", parameters });
  const engine = sites.engine(sites.b, { transport: receiver.transport(writing) });
  await sites.settle(sites.b, id, engine, 600_000);
  await sites.ask(sites.b, id, { verb: "rollback" });
  expect(await settle(writing, id, receiver)).toBe("rolled_back");
  expect(undone(receiver)).toEqual([
    ["hook.0.2", true],
    ["hook.0.1", true],
    ["hook.0.0", true],
  ]);
  sites.stop();
});

test("an undo URL that fails stops the way back until it answers, or not at all, as its hook says", async () => {
  for (const [on_failure, first] of [
    ["stop", "failed"],
    ["continue", "rolled_back"],
  ] as const) {
    const writing = await withHooks([{ of: "plan", undo_url: UNDO, on_failure }, REFUSED]);
    const { sites } = writing;
    const receiver = new Receiver();
    const id = await orderRefused(writing, receiver);
    receiver.answer = () => 503;
    await sites.ask(sites.b, id, { verb: "rollback" });
    expect(await settle(writing, id, receiver)).toBe(first);
    expect(undone(receiver)).toHaveLength(2);
    if (first === "failed") {
      const row = await operationRow(writing, id);
      expect(readOptionalJson(row.error)?.code).toBe("protector.hook.failed");
      expect(row.status_reason).toBe(
        `"Call hooks.example.com before everything" was not taken back: https://hooks.example.com was called 2 times: it answered 503. Try again: protector operation rollback ${id}; go back without it: protector operation skip ${id} --step hook.0 --reason TEXT; give all up: protector operation abandon ${id} --reason TEXT`,
      );
      receiver.answer = () => 204;
      await sites.ask(sites.b, id, { verb: "rollback" });
      expect(await settle(writing, id, receiver)).toBe("rolled_back");
    }
    sites.stop();
  }
});

test("an undo URL that never answers is left out of the way back, which goes on and names it", async () => {
  const writing = await withHooks([{ of: "plan", undo_url: UNDO }, REFUSED]);
  const { sites } = writing;
  const receiver = new Receiver();
  const id = await orderRefused(writing, receiver);
  receiver.answer = () => 0;
  await sites.ask(sites.b, id, { verb: "rollback" });
  expect(await settle(writing, id, receiver)).toBe("failed");
  const steps = await sites.b.connection.db
    .selectFrom("dr_operation_steps")
    .selectAll()
    .where("operation_id", "=", id)
    .execute();
  const stuck = steps.map((row) => ({ ...row, key: row.step_key, memberId: row.member_id, output: null }));
  const refusalOf = (wanted: { member?: string; step?: string }) => {
    try {
      return stepsToSkip(stuck, { reason: "nobody is there", ...wanted }, new Map([["web-01", "1"]]));
    } catch (error) {
      return (error as Error).message;
    }
  };
  expect(refusalOf({ member: "web-01" })).toContain("skipped by its key");
  expect(refusalOf({ step: "verified" })).toContain("only one whose undoing has failed");
  expect(refusalOf({ step: "hook.0" })).toMatchObject([{ key: "hook.0" }]);
  const calls = receiver.requests.length;
  await sites.ask(sites.b, id, { verb: "skip", step: "hook.0", reason: "that host is gone for good" });
  expect(await settle(writing, id, receiver)).toBe("rolled_back");
  expect(receiver.requests.length).toBe(calls);
  const row = await operationRow(writing, id);
  expect(row.status_reason).toBe("taken back, but for what was left out");
  expect(readJson(row.leftovers)).toContainEqual({
    subject: "Call hooks.example.com before everything",
    reason: expect.stringMatching(
      /^left out: that host is gone for good\. https:\/\/hooks\.example\.com was called 2 times/,
    ),
  });
  const { servers } = sites.world.cloud("site-a").compute;
  expect([...servers.values()].map(({ vmState }) => vmState)).toEqual(Array(3).fill("active"));
  sites.stop();
});

test("killed at any journal write of a hook that is taken back, each is undone all the same, with the same id", {
  timeout: 300_000,
}, async () => {
  const open = async () => {
    const writing = await withHooks(UNDOABLE);
    const receiver = new Receiver();
    const id = await orderRefused(writing, receiver);
    await writing.sites.ask(writing.sites.b, id, { verb: "rollback" });
    return { writing, receiver, id };
  };
  const calmly = await open();
  const calm = await runCalm(calmly.writing.sites, calmly.id, { transport: calmly.receiver.transport(calmly.writing) });
  expect(calm.status).toBe("rolled_back");
  calmly.writing.sites.stop();
  const isHook = ({ commit }: JournalPoint) => /hook\./.test(calm.commits[commit] ?? "");
  const points = struckPoints(calm, { where: isHook, every: 2 });
  expect(points.length).toBeGreaterThan(1);
  for (const point of points) {
    const { writing, receiver, id } = await open();
    const { sites } = writing;
    const transport = receiver.transport(writing);
    await cutOffAt(
      writing,
      point,
      (line) => line.kill(),
      async () => id,
      { transport },
    );
    const second = sites.engine(sites.b, { host: "site-b-engine-2", transport });
    const status = await sites.settle(sites.b, id, second);
    const label = `killed ${describePoint(point, calm)}`;
    const told = new Set(undone(receiver).map((each) => JSON.stringify(each)));
    const all = new Set(undone(calmly.receiver).map((each) => JSON.stringify(each)));
    expect({ label, status, told }).toEqual({ label, status: "rolled_back", told: all });
    sites.stop();
  }
});
