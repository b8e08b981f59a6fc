import { writesOf } from "@protector/simulator";
import { arrayGroupName } from "@protector/storage";
import { afterEach, expect, test } from "vitest";
import { readJson, readOptionalJson } from "../../packages/server/src/db/codecs.ts";
import { endTests } from "../../packages/server/src/engine/watch/tests.ts";
import { arrayAt } from "../watches/watched-site.ts";
import { type CalmRun, runCalm } from "./calm-run.ts";
import { type WritingGroup, writingGroup } from "./failover-run.ts";
import { cutOffAt } from "./interrupted-run.ts";
import { letRest } from "./late-effects.ts";
import { run } from "./protected-group.ts";
import { changingCalls, operationRow, orderTest, settleTest } from "./test-run.ts";
import { errorOf, lose, orderUnplanned, REASON, running } from "./unplanned-run.ts";

let writing: WritingGroup;
const open = async () => {
  writing = await writingGroup();
  return writing;
};
afterEach(() => writing.sites.stop());

const orderPromotion = (of: WritingGroup) => orderUnplanned(of, { promotes: "newest", reason: REASON });

/** A group whose test stands, its copies writing; the point that the test has proven is no longer the newest. */
async function standing() {
  const { sites, group } = await open();
  await run(sites, sites.a, group.id, { type: "sync" });
  const testId = await orderTest(writing);
  expect(await settleTest(writing, testId)).toBe("completed");
  const copies = serversAtB().map(({ id }) => id);
  for (const id of copies) sites.world.cloud("site-b").guest(id).startWriting(1000);
  await run(sites, sites.a, group.id, { type: "sync" });
  return { testId, copies, test: await operationRow(writing, testId) };
}

function serversAtB() {
  return [...writing.sites.world.cloud("site-b").compute.servers.values()];
}

async function planOf(id: string) {
  return readOptionalJson((await operationRow(writing, id)).plan);
}

/** Who wrote what a server of site B found on its disks when it first booted. */
function writersFoundBy(serverId: string): ReadonlySet<string> {
  const boots = writing.sites.world.cloud("site-b").guests.find(serverId)?.bootRecords ?? [];
  const writes = (boots[0]?.disks ?? []).flatMap((disk) => writesOf(disk.content));
  return new Set(writes.map(({ writer }) => writer));
}

/** Lets the watch of site B order what is due, and an engine do it. */
async function cleanUpDue(): Promise<void> {
  const { sites, group } = writing;
  await sites.clock.run(endTests(sites.ports(sites.b)));
  const row = await sites.b.connection.db
    .selectFrom("protection_groups")
    .select("current_operation_id")
    .where("id", "=", group.id)
    .executeTakeFirstOrThrow();
  expect(await settleTest(writing, row.current_operation_id ?? "none was ordered")).toBe("completed");
}

function names(): readonly string[] {
  return serversAtB()
    .map(({ name }) => name)
    .sort();
}

const RECOVERED = ["app-01", "db-01", "web-01"];

test("recovers from the very point that the test has proven, with nothing of what the test wrote, and cleans the test up", async () => {
  const { copies, testId, test: proven } = await standing();
  lose(writing, writing.sites.a, "all");
  const id = await orderPromotion(writing);
  const { status, calls } = await runCalm(writing.sites, id);
  expect(status).toBe("completed");
  const ofTest = changingCalls(calls, () => true).filter((call) => copies.some((copy) => call.includes(copy)));
  expect(ofTest).toEqual([]);
  expect((await operationRow(writing, id)).recovery_point).toBe(proven.recovery_point);
  const recovered = serversAtB().filter((server) => !copies.includes(server.id));
  expect(recovered.map(({ name }) => name).sort()).toEqual(RECOVERED);
  const sources = writing.group.servers.map(({ server }) => server.id);
  for (const { id: serverId } of recovered) {
    const writers = [...writersFoundBy(serverId)];
    expect(writers.some((writer) => sources.includes(writer))).toBe(true);
    expect(writers.filter((writer) => copies.includes(writer))).toEqual([]);
  }
  expect((await operationRow(writing, testId)).phase).toBe("standing");
  await cleanUpDue();
  expect((await operationRow(writing, testId)).phase).toBe("cleaned");
  expect(names()).toEqual(RECOVERED);
  expect(running(writing, "site-b")).toBe(3);
  expect(writing.sites.world.problems).toEqual([]);
});

test("the plan says what the test has shown and how long it took, what it has not shown, and that a newer point loses less", async () => {
  const { testId, test: proven } = await standing();
  const [first, ...others] = readJson(proven.members);
  // As if a member had come into the group since.
  await writing.sites.b.connection.db
    .updateTable("dr_operations")
    .set({ members: JSON.stringify(others) as typeof proven.members })
    .where("id", "=", testId)
    .execute();
  lose(writing, writing.sites.a, "all");
  const wish = { type: "failover", mode: "unplanned", isDryRun: true } as const;
  const parameters = { as: "unplanned", reason: REASON, promotes: testId };
  const id = await writing.sites.order(writing.sites.b, writing.group.id, { ...wish, parameters });
  expect(await settleTest(writing, id)).toBe("completed");
  const plan = await planOf(id);
  const said = (check: string) => plan?.warnings.filter((each) => each.check === check).map(({ reason }) => reason);
  expect(said("failover.proven")).toEqual([
    expect.stringMatching(
      new RegExp(
        `${proven.recovery_point} was proven by test ${testId} at 2026-.*Z: servers up after ${proven.downtime_seconds} s \\(`,
      ),
    ),
  ]);
  expect(plan?.warnings.filter(({ check }) => check === "failover.not_proven").map(({ subject }) => subject)).toEqual([
    first?.name,
  ]);
  expect(said("failover.newer_point")).toHaveLength(1);
  expect(said("failover.test_ends")).toHaveLength(1);
});

test("its times are those that the test has measured, before those of an earlier failover", async () => {
  const { testId } = await standing();
  const predicted = async (step_seconds: Record<string, number>) => {
    await writing.sites.b.connection.db
      .updateTable("dr_operations")
      .set({ step_seconds: JSON.stringify(step_seconds) as never })
      .where("id", "=", testId)
      .execute();
    const wish = { type: "failover", mode: "unplanned", isDryRun: true } as const;
    const parameters = { as: "unplanned", promotes: testId };
    const id = await writing.sites.order(writing.sites.b, writing.group.id, { ...wish, parameters });
    await settleTest(writing, id);
    return (await planOf(id))?.duration_forecast;
  };
  const slow = await predicted({ "server.create": 1000 });
  const fast = await predicted({ "server.create": 10 });
  expect([slow?.basis, fast?.basis]).toEqual(["tested", "tested"]);
  // Three tiers, one after the other.
  expect((slow?.seconds ?? 0) - (fast?.seconds ?? 0)).toBe(3 * 990);
});

test("is refused when no test has shown every server up, and when the proven point is gone", async () => {
  const { sites } = await open();
  const none = await orderPromotion(writing);
  expect(await settleTest(writing, none)).toBe("failed");
  expect(await errorOf(writing, none)).toMatchObject({
    code: "protector.test.not_proven",
    detail: expect.stringContaining("There is no test of protection group"),
  });
  const testId = await orderTest(writing);
  await settleTest(writing, testId);
  const set = (change: { status: "completed_with_errors" } | { status: "completed"; recovery_point: string }) =>
    sites.b.connection.db.updateTable("dr_operations").set(change).where("id", "=", testId).execute();
  await set({ status: "completed_with_errors" });
  const half = await orderPromotion(writing);
  expect(await settleTest(writing, half)).toBe("failed");
  expect((await errorOf(writing, half))?.detail).toContain(`Test ${testId} of`);
  await set({ status: "completed", recovery_point: "protector-none.1" });
  const gone = await orderPromotion(writing);
  expect(await settleTest(writing, gone)).toBe("failed");
  expect(await errorOf(writing, gone)).toMatchObject({
    code: "protector.recovery_point.gone",
    detail: expect.stringContaining(`Test ${testId} had proven it`),
  });
  expect(names()).toEqual(["app-01-test", "db-01-test", "web-01-test"]);
});

test("a later point that has got the name of the proven one is not taken for it", async () => {
  const { testId } = await standing();
  const { sites } = writing;
  const { db } = sites.b.connection;
  const [newest] = await sites.clock.run(
    arrayAt(sites, "array-b").listRecoveryPoints({ group: arrayGroupName(writing.group.id), array: "array-a" }),
  );
  await db
    .updateTable("dr_operations")
    .set({ recovery_point: newest?.suffix ?? "" })
    .where("id", "=", testId)
    .execute();
  lose(writing, sites.a, "all");
  const id = await orderPromotion(writing);
  expect(await settleTest(writing, id)).toBe("failed");
  expect(await errorOf(writing, id)).toMatchObject({ code: "protector.recovery_point.gone" });
});

test("a test that takes the room goes before the servers are made", async () => {
  await standing();
  writing.sites.world.cloud("site-b").compute.limitsOf(writing.sites.b.projectId).instances = 3;
  lose(writing, writing.sites.a, "all");
  expect(await settleTest(writing, await orderPromotion(writing))).toBe("completed");
  expect(names()).toEqual(RECOVERED);
  await cleanUpDue();
  expect(names()).toEqual(RECOVERED);
});

test("a test on a network that recoveries use by now goes before its addresses are needed", async () => {
  const { sites, group } = await open();
  const { a, b } = sites;
  const { networks } = sites.world.cloud("site-b");
  const of = { projectId: b.projectId, name: "lab" };
  const lab = networks.createNetwork(of);
  const cidr = "10.10.0.0/24";
  const subnet = networks.createSubnet({ ...of, networkId: lab.id, cidr, isDhcpEnabled: true, dnsServers: [] });
  const wanted = [
    ["network", a.tenant.front.network.id, lab.id],
    ["subnet", a.tenant.front.subnet.id, subnet.id],
  ] as const;
  const rows = b.connection.db;
  for (const [kind, source_id, target_id] of wanted) {
    const owner = { project_id: b.projectId, protection_group_id: group.id, created_at: b.connection.now() };
    const row = { id: sites.random.uuid(), kind: `test_${kind}` as const, source_id, target_id, ...owner };
    await rows.insertInto("resource_mappings").values(row).execute();
  }
  expect(await settleTest(writing, await orderTest(writing))).toBe("completed");
  for (const [kind, source_id, target_id] of wanted)
    await rows
      .updateTable("resource_mappings")
      .set({ target_id })
      .where("kind", "=", kind)
      .where("source_id", "=", source_id)
      .execute();
  lose(writing, sites.a, "all");
  const id = await orderPromotion(writing);
  expect(await settleTest(writing, id)).toBe("completed");
  expect((await planOf(id))?.warnings.map(({ check }) => check)).toContain("failover.test_goes");
  expect(names()).toEqual(RECOVERED);
});

test("cancelled before a server starts, it leaves the test as it stands", async () => {
  const { testId } = await standing();
  const { sites } = writing;
  const id = await orderPromotion(writing);
  const afterCommit = async (_id: string, labels: readonly string[]) => {
    if (labels.includes("step epoch.target completed")) await sites.ask(sites.b, id, { verb: "cancel" });
  };
  expect(await sites.settle(sites.b, id, sites.engine(sites.b, { observer: { afterCommit } }), 3_600_000)).toBe(
    "cancelled",
  );
  await sites.clock.run(endTests(sites.ports(sites.b)));
  expect((await operationRow(writing, testId)).phase).toBe("standing");
  expect(names()).toEqual(["app-01-test", "db-01-test", "web-01-test"]);
});

/** Commits around which an engine dies: after the plan, while servers are made, and at the very end. */
function deaths({ commits }: CalmRun) {
  const planned = commits.findIndex((label) => label.includes("plan"));
  const making = commits.findIndex((label) => /step server\..* running/.test(label));
  return [
    { commit: planned, when: "after" },
    { commit: making, when: "after" },
    { commit: commits.length - 1, when: "before" },
    { commit: commits.length - 1, when: "after" },
  ] as const;
}

test("killed at any of its turns it ends the same, and so does its test", async () => {
  await standing();
  const calm = await runCalm(writing.sites, await orderPromotion(writing));
  expect(calm.status).toBe("completed");
  for (const point of deaths(calm)) {
    writing.sites.stop();
    const { copies } = await standing();
    const cut = await cutOffAt(writing, point, (lifeline) => lifeline.kill(), orderPromotion);
    await writing.sites.clock.advance(120_000);
    expect(await settleTest(writing, cut.operationId, "site-b-engine-3")).toBe("completed");
    await cleanUpDue();
    await letRest(writing.sites);
    expect({ point, names: names() }).toEqual({ point, names: RECOVERED });
    for (const { id } of serversAtB())
      expect([...writersFoundBy(id)].filter((writer) => copies.includes(writer))).toEqual([]);
  }
});
