import { expect, test } from "vitest";
import { type ManyGroups, orderRun, planOver, protectGroups, runningAt, viewRun } from "./plan-run.ts";

const PLANNED = { failover: { mode: "planned" as const } };
const UNPLANNED = { failover: { mode: "unplanned" as const } };
const LIMIT_MS = 3_600_000;

async function settled(many: ManyGroups, id: string) {
  const { sites } = many;
  const status = await sites.settle(sites.b, id, sites.engine(sites.b), LIMIT_MS);
  return { ...(await viewRun(many, id)), status };
}

/** Gives the group's server a flavor that nobody has mapped: its plan has a blocker. */
async function block({ sites, ids }: ManyGroups, name: string): Promise<void> {
  await sites.b.connection.db
    .deleteFrom("resource_mappings")
    .where("protection_group_id", "=", ids[name] ?? "")
    .where("kind", "=", "flavor")
    .execute();
}

test("groups come over tier by tier and by dependency, so many at once as the plan says", async () => {
  const many = await protectGroups(5);
  const planId = await planOver(many, {
    g1: {},
    g2: {},
    g3: { tier: 1, after: ["g1"] },
    g4: { tier: 1, after: ["g3"] },
    g5: { tier: 2 },
  });
  const { status, steps, children } = await settled(
    many,
    await orderRun(many, { action: PLANNED, planId, concurrency: 2 }),
  );
  expect(status).toBe("completed");
  expect(runningAt(many, "site-b")).toEqual(["srv-1", "srv-2", "srv-3", "srv-4", "srv-5"]);
  expect(runningAt(many, "site-a")).toEqual([]);
  const times = new Map(children.map((child) => [child.protection_group_name, child]));
  const begin = (name: string) => times.get(name)?.created_at ?? "";
  const end = (name: string) => times.get(name)?.finished_at ?? "";
  expect(begin("g3") >= end("g1") && begin("g3") >= end("g2")).toBe(true);
  expect(begin("g4") >= end("g3")).toBe(true);
  expect(begin("g5") >= end("g4")).toBe(true);
  expect(begin("g2") < end("g1")).toBe(true);
  expect(steps.every(({ startedAt }) => startedAt !== null)).toBe(true);
  many.sites.stop();
});

test("a group that fails holds what depends on it and nothing else; retry brings the rest over when it is mended", async () => {
  const many = await protectGroups(4);
  const planId = await planOver(many, { g1: {}, g2: {}, g3: { after: ["g2"] }, g4: { tier: 1 } });
  const { db } = many.sites.b.connection;
  const flavors = await db.selectFrom("resource_mappings").selectAll().where("kind", "=", "flavor").execute();
  await block(many, "g2");
  const id = await orderRun(many, { action: PLANNED, planId });
  const first = await settled(many, id);
  expect(first.status).toBe("completed_with_errors");
  expect(first.byName).toEqual({ g1: "completed", g2: "failed", g3: "skipped", g4: "completed" });
  expect(first.reason).toMatch(
    /^1 of 4 groups failed: "g2" \(Flavor m1.small .* is not mapped to site-b\); 1 of 4 groups held: "g3" \(it waits for "g2", which failed\)$/,
  );
  expect(runningAt(many, "site-b")).toEqual(["srv-1", "srv-4"]);
  expect(runningAt(many, "site-a")).toEqual(["srv-2", "srv-3"]);
  await db
    .insertInto("resource_mappings")
    .values(flavors.filter((row) => row.protection_group_id === many.ids.g2))
    .execute();
  await many.sites.ask(many.sites.b, id, { verb: "retry" });
  const second = await settled(many, id);
  expect(second).toMatchObject({ status: "completed", reason: null });
  expect(runningAt(many, "site-b")).toEqual(["srv-1", "srv-2", "srv-3", "srv-4"]);
  many.sites.stop();
});

test("a critical group that fails holds every later tier", async () => {
  const many = await protectGroups(3);
  const planId = await planOver(many, { g1: { isCritical: true }, g2: {}, g3: { tier: 1 } });
  await block(many, "g1");
  const { status, byName } = await settled(many, await orderRun(many, { action: PLANNED, planId }));
  expect(status).toBe("completed_with_errors");
  expect(byName).toEqual({ g1: "failed", g2: "completed", g3: "skipped" });
  many.sites.stop();
});

test("a whole site is failed over without it, in other projects' name too, by the order of their plans", async () => {
  const many = await protectGroups(3);
  await planOver(many, { g1: { tier: 1 }, g2: {} });
  many.sites.world.cloud("site-a").powerOff();
  many.sites.world.conditions.inject({ service: "site-a/", fault: { kind: "unreachable" } });
  many.sites.world.conditions.inject({ service: "array-a", fault: { kind: "unreachable" } });
  const reason = "the hall of site A has burnt down";
  const id = await orderRun(many, { action: { failover: { mode: "unplanned", reason } }, planId: null });
  const { status, children } = await settled(many, id);
  expect(status).toBe("completed");
  expect(runningAt(many, "site-b")).toEqual(["srv-1", "srv-2", "srv-3"]);
  const [first, second] = ["g2", "g1"].map((name) => children.find((child) => child.protection_group_name === name));
  expect((second?.created_at ?? "") >= (first?.finished_at ?? "z")).toBe(true);
  expect(children.every((child) => child.project_id === many.sites.b.projectId && child.mode === "unplanned")).toBe(
    true,
  );
  many.sites.stop();
});

test("the plan of a run names each group's blockers, adds up the time by order, and leaves nothing behind", async () => {
  const many = await protectGroups(3);
  const planId = await planOver(many, { g1: {}, g2: { after: ["g1"] }, g3: {} });
  await block(many, "g3");
  const read = async (action: Parameters<typeof orderRun>[1]["action"]) => {
    const { children, status } = await settled(many, await orderRun(many, { action, planId, isDryRun: true }));
    const rows = await many.sites.b.connection.db
      .selectFrom("dr_operations")
      .selectAll()
      .where("type", "=", "site_failover")
      .orderBy("created_at", "desc")
      .execute();
    return { status, children, plan: JSON.parse(rows[0]?.plan ?? "null") };
  };
  const blocked = await read(UNPLANNED);
  expect(blocked).toMatchObject({ status: "completed", children: [] });
  expect(blocked.plan.blockers).toMatchObject([{ subject: expect.stringMatching(/^group "g3"/) }]);
  expect(blocked.plan.steps.map(({ title }: { title: string }) => title)).toEqual([
    'Fail over "g1"',
    'Fail over "g2"',
    'Fail over "g3"',
  ]);
  const skipping = await read({ failover: { mode: "unplanned", skip_blocked: true } });
  expect(skipping.plan.blockers).toEqual([]);
  expect(skipping.plan.warnings.map(({ reason }: { reason: string }) => reason)).toContainEqual(
    expect.stringMatching(/^Left out/),
  );
  expect(skipping.plan.expected_duration_seconds).toBeGreaterThan(0);
  expect(skipping.plan.expected_data_loss_seconds).toBeGreaterThan(0);
  expect(runningAt(many, "site-a")).toEqual(["srv-1", "srv-2", "srv-3"]);
  many.sites.stop();
});

test("a test of a plan is cleaned up when every group has been tested, and touches nothing", async () => {
  const many = await protectGroups(2);
  const planId = await planOver(many, { g1: {}, g2: { after: ["g1"] } });
  const before = [...many.sites.world.cloud("site-b").volumes.volumes.keys()];
  const { status, steps } = await settled(many, await orderRun(many, { action: { test_failover: {} }, planId }));
  expect(steps.map(({ title, status: of }) => [title, of])).toEqual([
    ['Test "g1"', "completed"],
    ['Test "g2"', "completed"],
    ['Clean up the test of "g1"', "completed"],
    ['Clean up the test of "g2"', "completed"],
  ]);
  expect(status).toBe("completed");
  expect([...many.sites.world.cloud("site-b").volumes.volumes.keys()]).toEqual(before);
  expect(runningAt(many, "site-a")).toEqual(["srv-1", "srv-2"]);
  many.sites.stop();
});
