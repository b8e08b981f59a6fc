import type { OperationType, Plan } from "@protector/contract";
import { afterEach, expect, test } from "vitest";
import { readJson } from "../../packages/server/src/db/codecs.ts";
import { lookAtPeers } from "../../packages/server/src/engine/watch/peer-reachability.ts";
import { awayGroup } from "./failback-run.ts";
import { type WritingGroup, writingGroup } from "./failover-run.ts";
import { orderRun, protectGroups, viewRun } from "./plan-run.ts";
import { changingCalls, operationRow } from "./test-run.ts";
import type { TestSite } from "./test-site.ts";
import type { TwoSites } from "./two-sites.ts";
import { errorOf, lose } from "./unplanned-run.ts";

let stop: () => void = () => {};
afterEach(() => stop());

async function open(make = writingGroup): Promise<WritingGroup> {
  const writing = await make();
  stop = writing.sites.stop;
  return writing;
}

const PLANNED = { type: "failover", mode: "planned" } as const;
const HOUR_MS = 3_600_000;

/** What an operation came to, after how many s. */
async function ended(writing: WritingGroup, id: string, site: TwoSites["a"] = writing.sites.b) {
  const { sites } = writing;
  const began = sites.clock.now();
  const status = await sites.settle(site, id, sites.engine(site), HOUR_MS);
  const { status_reason: reason, gives_up_at: givesUpAt } = await operationRow(writing, id, site);
  const error = await errorOf(writing, id, site);
  return { status, reason, givesUpAt, code: error?.code, seconds: (sites.clock.now() - began) / 1000 };
}

async function groupRow({ sites, group }: WritingGroup, site: TestSite = sites.b) {
  return site.connection.db
    .selectFrom("protection_groups")
    .select(["status", "current_operation_id", "epoch"])
    .where("id", "=", group.id)
    .executeTakeFirstOrThrow();
}

const CODE = "protector.plan.unanswered";

test.each([
  [
    "control plane",
    1,
    /^Keystone of site-a does not answer since 2026-01-05T08:00:\d\dZ, so that no plan could be made: keystone /,
  ],
  ["all", 10, /^(Keystone of|The array at) site-a does not answer since /],
  ["black hole", 61, /^The array at site-a does not answer since 2026-01-05T08:00:\d\dZ, .*no answer within 30000 ms/],
] as const)("a dry run says who does not answer, and what then: %s lost", async (loss, mostSeconds, says) => {
  const writing = await open();
  const { sites, group } = writing;
  lose(writing, sites.a, loss);
  const id = await sites.order(sites.b, group.id, { ...PLANNED, isDryRun: true });
  const { status, reason, code, seconds } = await ended(writing, id);
  expect({ status, code }).toEqual({ status: "failed", code: CODE });
  expect(reason).toMatch(says);
  expect(reason).toMatch(/\. If site-a is lost: protector failover shop --unplanned$/);
  expect(seconds).toBeLessThan(mostSeconds);
});

test("a dry run knows since when a site is missed, and that it is not only its array", async () => {
  const writing = await open();
  const { sites, group } = writing;
  lose(writing, sites.a, "black hole");
  await sites.clock.run(lookAtPeers(sites.ports(sites.b)));
  const missed = new Date(sites.clock.now()).toISOString().slice(0, 19);
  await sites.clock.advance(HOUR_MS);
  await sites.clock.run(lookAtPeers(sites.ports(sites.b)));
  const id = await sites.order(sites.b, group.id, { ...PLANNED, isDryRun: true });
  const { reason } = await ended(writing, id);
  expect(reason).toContain(`site-a does not answer since ${missed}Z, so that no plan could be made: flasharray GET`);
  expect(await errorOf(writing, id)).toMatchObject({ site_id: sites.a.id });
});

test("a failover that cannot be planned gives up when it said, and leaves everything as it was", async () => {
  const writing = await open();
  const { sites, group } = writing;
  lose(writing, sites.a, "control plane");
  const before = await groupRow(writing);
  const { conditions } = sites.world;
  conditions.isRecording = true;
  conditions.calls.length = 0;
  const id = await sites.order(sites.b, group.id, PLANNED);
  expect(await sites.settle(sites.b, id, sites.engine(sites.b), 30_000)).toBe("waiting");
  const waiting = await operationRow(writing, id);
  expect(waiting.status_reason).toMatch(
    /^waiting: looking at both sites: keystone .*\. Gives up at 2026-01-05T08:10:\d\dZ, with nothing changed\. If site-a is lost: protector failover shop --unplanned$/,
  );
  expect(waiting.gives_up_at).toContain("2026-01-05 08:10:");
  const { status, reason, code, givesUpAt, seconds } = await ended(writing, id);
  expect({ status, code, givesUpAt }).toEqual({ status: "failed", code: CODE, givesUpAt: null });
  expect(reason).toMatch(
    /^Keystone of site-a does not answer since 2026-01-05T08:00:.*lost: protector failover shop --unplanned$/,
  );
  expect(seconds).toBeGreaterThan(560);
  expect(seconds).toBeLessThan(600);
  expect(changingCalls(conditions.calls, () => true)).toEqual([]);
  expect(await groupRow(writing)).toEqual({ ...before, current_operation_id: null });
});

test("one that gave up goes on with resume when the site is back, and waits as long again when it is not", async () => {
  const writing = await open();
  const { sites, group } = writing;
  const bringBack = lose(writing, sites.a, "control plane");
  const id = await sites.order(sites.b, group.id, PLANNED);
  expect((await ended(writing, id)).status).toBe("failed");
  await sites.ask(sites.b, id, { verb: "resume" });
  expect((await ended(writing, id)).seconds).toBeGreaterThan(590);
  bringBack();
  await sites.ask(sites.b, id, { verb: "resume" });
  expect((await ended(writing, id)).status).toBe("completed");
  expect((await operationRow(writing, id)).gives_up_at).toBeNull();
});

test.each(["cancel", "abandon"] as const)(
  "%s ends a look at a site that swallows every packet at once",
  async (verb) => {
    const writing = await open();
    const { sites, group } = writing;
    lose(writing, sites.a, "black hole");
    const id = await sites.order(sites.b, group.id, PLANNED);
    const engine = sites.engine(sites.b);
    const looking = sites.clock.run(engine.look(id).then(() => engine.idle()));
    await sites.clock.advance(5_000);
    await sites.ask(sites.b, id, { verb, reason: "the site is lost after all" });
    const asked = sites.clock.now();
    await looking;
    expect((await operationRow(writing, id)).status).toBe("cancelled");
    expect(sites.clock.now() - asked).toBeLessThan(5_000);
    expect(await groupRow(writing)).toMatchObject({ status: "active" });
  },
);

test("an engine that is told to stop does not wait for it either, and another one goes on", async () => {
  const writing = await open();
  const { sites, group } = writing;
  const bringBack = lose(writing, sites.a, "black hole");
  const id = await sites.order(sites.b, group.id, PLANNED);
  const engine = sites.engine(sites.b);
  await sites.clock.run(engine.look(id));
  await sites.clock.advance(5_000);
  const began = sites.clock.now();
  await sites.clock.run(engine.stop());
  expect(sites.clock.now() - began).toBeLessThan(5_000);
  bringBack();
  expect((await ended(writing, id)).status).toBe("completed");
});

test.each([
  ["reprotect", "b", "a", "failed_over"],
  ["failback", "a", "b", "failed_over"],
  ["test_failover", "a", "a", "failed_over"],
] as const)("%s gives up too, and the group is free as it was", async (type: OperationType, at, silent, status) => {
  const writing = await open(awayGroup);
  const { sites, group } = writing;
  lose(writing, sites[silent], "all");
  const id = await sites.order(sites[at], group.id, { type });
  const { status: end, code, reason } = await ended(writing, id, sites[at]);
  expect({ end, code }).toEqual({ end: "failed", code: CODE });
  expect(reason).toContain(`site-${silent} does not answer since`);
  expect(reason?.includes("--unplanned")).toBe(type === "failback");
  expect(await groupRow(writing, sites[at])).toMatchObject({ status });
});

test("the plan of a site failover says it once for all groups, and how to go on without the site", async () => {
  const many = await protectGroups(4);
  const { sites } = many;
  stop = sites.stop;
  sites.world.conditions.inject({ service: "site-a/", fault: { kind: "unreachable" } });
  const dry = await orderRun(many, { action: { failover: PLANNED }, planId: null, concurrency: 1, isDryRun: true });
  expect(await sites.settle(sites.b, dry, sites.engine(sites.b), 120_000)).toBe("completed");
  const row = await sites.b.connection.db
    .selectFrom("dr_operations")
    .select("plan")
    .where("id", "=", dry)
    .executeTakeFirstOrThrow();
  const { blockers } = readJson(row.plan ?? "") as Plan;
  expect(blockers).toMatchObject([
    {
      check: "plan.unanswered",
      subject: "4 groups (g1, g2, g3, g4)",
      reason: expect.stringMatching(
        /^Keystone of site-a does not answer since .*, so that no plan could be made: keystone/,
      ),
      remedy: "If that site is lost: protector site failover site-a --unplanned",
    },
  ]);
});

test("a site failover whose site is silent ends: a group that has waited in vain spares the others the wait", async () => {
  const many = await protectGroups(3);
  const { sites } = many;
  stop = sites.stop;
  sites.world.conditions.inject({ service: "site-a/", fault: { kind: "unreachable" } });
  const id = await orderRun(many, { action: { failover: PLANNED }, planId: null, concurrency: 1 });
  const began = sites.clock.now();
  const engine = sites.engine(sites.b);
  engine.start();
  expect(await sites.settle(sites.b, id, engine, HOUR_MS)).toBe("failed");
  await sites.clock.run(engine.stop());
  expect(sites.clock.now() - began).toBeLessThan(700_000);
  const { reason, byName } = await viewRun(many, id);
  expect(byName).toEqual({ g1: "failed", g2: "failed", g3: "failed" });
  expect(reason).toMatch(
    /^3 of 3 groups failed: .*site-a does not answer since .*\. If that site is lost: protector site failover site-a --unplanned$/,
  );
  const held = await sites.b.connection.db
    .selectFrom("protection_groups")
    .select("name")
    .where("current_operation_id", "is not", null)
    .execute();
  expect(held).toEqual([]);
});

test("a site that falls silent during a test run leaves no copy: what stands is cleaned up", async () => {
  const many = await protectGroups(2);
  const { sites } = many;
  stop = sites.stop;
  let isSilent = false;
  sites.world.conditions.inject({ service: "site-b/nova", when: () => isSilent, fault: { kind: "unreachable" } });
  const action = { test_failover: {} };
  const id = await orderRun(many, { action, planId: null, concurrency: 1 });
  const afterCommit = (_id: string, labels: readonly string[]) => {
    // From the second group's test on, until that has given up.
    if (labels.includes(`order group:${many.ids.g2}`)) isSilent = true;
    if (labels.includes("end failed")) isSilent = false;
  };
  const engine = sites.engine(sites.b, { observer: { afterCommit } });
  engine.start();
  expect(await sites.settle(sites.b, id, engine, HOUR_MS)).toBe("completed_with_errors");
  await sites.clock.run(engine.stop());
  const { steps } = await viewRun(many, id);
  expect(steps.map(({ name, verb, status }) => [name, verb, status])).toEqual([
    ["g1", "test_failover", "completed"],
    ["g2", "test_failover", "failed"],
    ["g1", "test_cleanup", "completed"],
    ["g2", "test_cleanup", "completed"],
  ]);
  expect(sites.world.cloud("site-b").describe().servers).toEqual([]);
});

/** The backend that the group's policy names is in no protector.conf any more. */
async function forgetBackend({ sites }: WritingGroup): Promise<void> {
  await sites.b.connection.db.updateTable("replication_policies").set({ secondary_backend: "gone" }).execute();
}

test("what an operation needs is not known here: a dry run says so, a real one gives up, and cancel ends it", async () => {
  const writing = await open();
  const { sites, group } = writing;
  await forgetBackend(writing);
  const dry = await sites.order(sites.b, group.id, { ...PLANNED, isDryRun: true });
  const unknown = "protector.policy.backend_unknown";
  expect(await ended(writing, dry)).toMatchObject({ status: "failed", code: unknown, seconds: 0 });
  const cancelled = await sites.order(sites.b, group.id, PLANNED);
  expect(await sites.settle(sites.b, cancelled, sites.engine(sites.b), 30_000)).toBe("waiting");
  expect((await operationRow(writing, cancelled)).gives_up_at).toContain("2026-01-05 08:10:");
  await sites.ask(sites.b, cancelled, { verb: "cancel" });
  expect(await ended(writing, cancelled)).toMatchObject({ status: "cancelled", reason: "cancelled before it began" });
  const id = await sites.order(sites.b, group.id, PLANNED);
  const { seconds, ...end } = await ended(writing, id);
  expect(end).toMatchObject({ status: "failed", code: unknown, givesUpAt: null });
  expect(seconds).toBeLessThan(631);
  expect(await groupRow(writing)).toMatchObject({ status: "active", current_operation_id: null });
});

test("one that has begun can be abandoned though what it needs is not known here any more", async () => {
  const writing = await open();
  const { sites, group } = writing;
  const id = await sites.order(sites.b, group.id, PLANNED);
  const first = sites.engine(sites.b, {
    observer: {
      afterCommit: (_id: string, labels: readonly string[]) => {
        if (labels.some((label) => /^step stop\..* completed/.test(label))) void first.stop();
      },
    },
  });
  await sites.clock.run(first.look(id).then(() => first.idle()));
  await forgetBackend(writing);
  expect(await sites.settle(sites.b, id, sites.engine(sites.b), 60_000)).toBe("waiting");
  await sites.ask(sites.b, id, { verb: "abandon", reason: "the array was sold last week" });
  expect(await ended(writing, id)).toMatchObject({ status: "cancelled" });
  expect(await groupRow(writing)).toMatchObject({ current_operation_id: null });
});
