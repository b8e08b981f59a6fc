import { afterEach, expect, test } from "vitest";
import { endTests } from "../../packages/server/src/engine/watch/tests.ts";
import { type WritingGroup, writingGroup } from "./failover-run.ts";
import { atJournalPoint } from "./killable.ts";
import { run } from "./protected-group.ts";
import { operationRow, orderCleanup, orderTest, settleTest } from "./test-run.ts";
import {
  displaceForUnplanned,
  letBothSitesRest,
  lose,
  orderUnplanned,
  REASON,
  running,
  writingAtSource,
} from "./unplanned-run.ts";

let writing: WritingGroup;
const open = async () => {
  writing = await writingGroup();
  return writing;
};
afterEach(() => writing.sites.stop());

test("a sync that hangs on the dead source does not hold it up, and is never resumed when the source returns", async () => {
  const { sites, group } = await open();
  const hanging = await sites.order(sites.a, group.id, { type: "sync" });
  let bringBack: () => void = () => {};
  const afterCommit = (_id: string, labels: readonly string[]) => {
    if (labels.includes("step cut completed")) bringBack = lose(writing, sites.a, "black hole");
  };
  await sites.settle(sites.a, hanging, sites.engine(sites.a, { observer: { afterCommit } }), 120_000);
  const id = await orderUnplanned(writing, { reason: REASON });
  expect(await settleTest(writing, id)).toBe("completed");
  bringBack();
  const late = sites.engine(sites.a, { host: "site-a-engine-2" });
  await sites.clock.advance(60_000);
  expect(await sites.settle(sites.a, hanging, late, 300_000)).toBe("superseded");
  await letBothSitesRest(writing);
  expect([running(writing, "site-a"), running(writing, "site-b")]).toEqual([0, 3]);
});

test("with the array answering and a sync holding the group there, the group is taken over from it", async () => {
  const { sites, group } = await open();
  const hanging = await sites.order(sites.a, group.id, { type: "sync" });
  const point = atJournalPoint(undefined, () => {});
  const afterCommit = (_id: string, labels: readonly string[]) => {
    if (labels.includes("step marker.take completed")) lose(writing, sites.a, "control plane");
  };
  const engine = sites.engine(sites.a, { observer: { ...point, afterCommit } });
  await sites.clock.run(engine.look(hanging));
  const id = await orderUnplanned(writing);
  expect(await settleTest(writing, id)).toBe("completed");
  expect([writingAtSource(writing), running(writing, "site-b")]).toEqual([0, 3]);
});

test("a planned failover that waits for the dead source to be planned gives way, and touches the group no more", async () => {
  const { sites, group } = await open();
  lose(writing, sites.a, "all");
  const waiting = await sites.order(sites.b, group.id, { type: "failover", mode: "planned" });
  expect(await sites.settle(sites.b, waiting, sites.engine(sites.b), 30_000)).toBe("waiting");
  await sites.ask(sites.b, waiting, { verb: "cancel" });
  const id = await orderUnplanned(writing, { reason: REASON });
  const status = async () => {
    const query = sites.b.connection.db.selectFrom("protection_groups").select("status").where("id", "=", group.id);
    return (await query.executeTakeFirstOrThrow()).status;
  };
  let between = "";
  const afterCommit = async (_id: string, labels: readonly string[]) => {
    if (!labels.includes("step fence running")) return;
    expect(await settleTest(writing, waiting)).toBe("cancelled");
    between = await status();
  };
  const engine = sites.engine(sites.b, { observer: { afterCommit } });
  expect(await sites.settle(sites.b, id, engine)).toBe("completed");
  expect([between, await status()]).toEqual(["failing_over", "failed_over"]);
});

test("a test that stands is no hindrance, and is cleaned up afterwards", async () => {
  const { sites, group } = await open();
  await settleTest(writing, await orderTest(writing));
  lose(writing, sites.a, "all");
  const id = await orderUnplanned(writing, { reason: REASON });
  expect(await settleTest(writing, id)).toBe("completed");
  expect(running(writing, "site-b")).toBe(6);
  await run(sites, sites.b, group.id, { type: "test_cleanup" });
  expect(running(writing, "site-b")).toBe(3);
});

/** The project at site B may have three servers and no more. */
function squeeze({ sites }: WritingGroup): void {
  sites.world.cloud("site-b").compute.limitsOf(sites.b.projectId).instances = 3;
}

test("a test that stands and takes the room goes first, and its clean-up is ordered for afterwards", async () => {
  const { sites } = await open();
  const standing = await orderTest(writing);
  await settleTest(writing, standing);
  squeeze(writing);
  const planned = await sites.order(sites.b, writing.group.id, { type: "failover", mode: "planned" });
  expect(await settleTest(writing, planned)).toBe("failed");
  lose(writing, sites.a, "all");
  const id = await orderUnplanned(writing, { reason: REASON });
  expect(await settleTest(writing, id)).toBe("completed");
  const names = sites.world
    .cloud("site-b")
    .describe()
    .servers.map(({ name }) => name);
  expect(names.sort()).toEqual(["app-01", "db-01", "web-01"]);
  await sites.clock.run(endTests(sites.ports(sites.b)));
  const { current_operation_id: cleanup } = await sites.b.connection.db
    .selectFrom("protection_groups")
    .select("current_operation_id")
    .where("id", "=", writing.group.id)
    .executeTakeFirstOrThrow();
  expect(await settleTest(writing, cleanup ?? "")).toBe("completed");
  expect(running(writing, "site-b")).toBe(3);
});

test("a test that is being built gives way, and is waited for where it holds the room", async () => {
  const { sites } = await open();
  const building = await orderTest(writing);
  let id = "";
  const afterCommit = async (_id: string, labels: readonly string[]) => {
    if (id !== "" || !labels.some((label) => /^step server\..* completed/.test(label))) return;
    squeeze(writing);
    lose(writing, sites.a, "all");
    // As the API does it: the group changes hands, the test is cancelled at its next boundary.
    await sites.ask(sites.b, building, { verb: "cancel" });
    id = await orderUnplanned(writing, { reason: REASON });
  };
  const first = sites.engine(sites.b, { observer: { afterCommit } });
  await sites.clock.run(first.look(building));
  const second = sites.engine(sites.b, { host: "site-b-engine-2" });
  while (id === "") await sites.clock.advance(100);
  expect(await sites.settle(sites.b, id, second, 3_600_000)).toBe("completed");
  await sites.clock.run(first.idle());
  expect((await operationRow(writing, building)).status).toBe("cancelled");
  const names = sites.world
    .cloud("site-b")
    .describe()
    .servers.map(({ name }) => name);
  expect(names.sort()).toEqual(["app-01", "db-01", "web-01"]);
});

/** A test stands, its clean-up has begun and given way to an unplanned failover. @param meanwhile happens with the loss. */
async function displacedCleanup(parameters: Record<string, unknown> = {}, meanwhile = (_of: WritingGroup) => {}) {
  const { sites } = await open();
  const test = await orderTest(writing);
  await settleTest(writing, test);
  const cleanup = await orderCleanup(writing);
  let id = "";
  const afterCommit = async (_id: string, labels: readonly string[]) => {
    if (id !== "" || !labels.some((label) => /^step remove\..* completed/.test(label))) return;
    lose(writing, sites.a, "all");
    meanwhile(writing);
    id = await displaceForUnplanned(writing, { reason: REASON, ...parameters });
  };
  expect(await sites.settle(sites.b, cleanup, sites.engine(sites.b, { observer: { afterCommit } }))).toBe("cancelled");
  return { test, cleanup, id };
}

/** Lets the watch order what is due; answers the clean-ups that are at work, or about to be. */
async function cleanupsAtWork(): Promise<readonly string[]> {
  const { sites, group } = writing;
  await sites.clock.run(endTests(sites.ports(sites.b)));
  const rows = await sites.b.connection.db
    .selectFrom("dr_operations")
    .select("id")
    .where("protection_group_id", "=", group.id)
    .where("type", "=", "test_cleanup")
    .where("status", "in", ["pending", "running"])
    .execute();
  return rows.map(({ id }) => id);
}

test("a clean-up that gave way says for whom, and goes on by itself as soon as the failover has ended", async () => {
  const { test, cleanup, id } = await displacedCleanup();
  expect((await operationRow(writing, cleanup)).status_reason).toBe(
    `gave way to operation ${id}: stopped; what it had done stays`,
  );
  expect(await operationRow(writing, test)).toMatchObject({
    phase: "standing",
    status_reason: `its clean-up gave way to operation ${id}, and goes on by itself when that has ended or waits for its commit`,
  });
  expect(await cleanupsAtWork()).toEqual([]);
  expect(await settleTest(writing, id)).toBe("completed");
  const [next = ""] = await cleanupsAtWork();
  expect(await settleTest(writing, next)).toBe("completed");
  expect(running(writing, "site-b")).toBe(3);
  expect((await operationRow(writing, test)).phase).toBe("cleaned");
  expect(await cleanupsAtWork()).toEqual([]);
});

test("a failover that needs the room of a test whose clean-up gave way deletes it first", async () => {
  const { test, id } = await displacedCleanup({}, squeeze);
  expect(await settleTest(writing, id)).toBe("completed");
  expect(running(writing, "site-b")).toBe(3);
  const [next = ""] = await cleanupsAtWork();
  expect(await settleTest(writing, next)).toBe("completed");
  expect((await operationRow(writing, test)).phase).toBe("cleaned");
});

test("a clean-up that gave way does not wait for a commit that may be days away", async () => {
  const { id } = await displacedCleanup({ commit_window: 604_800, at_window_end: "rollback" });
  expect(await settleTest(writing, id)).toBe("waiting");
  const [next = ""] = await cleanupsAtWork();
  expect(await cleanupsAtWork()).toEqual([next]);
  expect(await settleTest(writing, next)).toBe("completed");
  expect(running(writing, "site-b")).toBe(3);
  const { current_operation_id: holder } = await writing.sites.b.connection.db
    .selectFrom("protection_groups")
    .select("current_operation_id")
    .where("id", "=", writing.group.id)
    .executeTakeFirstOrThrow();
  expect(holder).toBe(id);
  await writing.sites.ask(writing.sites.b, id, { verb: "commit" });
  expect(await settleTest(writing, id)).toBe("completed");
});

test("a clean-up that gave way before it began is not forgotten", async () => {
  const { sites } = await open();
  await settleTest(writing, await orderTest(writing));
  const cleanup = await orderCleanup(writing);
  lose(writing, sites.a, "all");
  const id = await displaceForUnplanned(writing, { reason: REASON });
  expect(await settleTest(writing, cleanup)).toBe("cancelled");
  expect((await operationRow(writing, cleanup)).status_reason).toBe(
    `gave way to operation ${id}: cancelled before it began`,
  );
  expect(await settleTest(writing, id)).toBe("completed");
  const [next = ""] = await cleanupsAtWork();
  expect(await settleTest(writing, next)).toBe("completed");
  expect(running(writing, "site-b")).toBe(3);
});
