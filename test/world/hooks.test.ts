import { createPublicKey, verify } from "node:crypto";
import type { HttpRequest, HttpTransport } from "@protector/ports";
import { HttpTransportError } from "@protector/ports";
import { expect, test } from "vitest";
import type { Hook } from "../../packages/contract/src/index.ts";
import { readJson, readOptionalJson, writeJson } from "../../packages/server/src/db/codecs.ts";
import { stepsToSkip } from "../../packages/server/src/domain/skip-rules.ts";
import { describePoint, runCalm } from "./calm-run.ts";
import { awayGroup, carryHome } from "./failback-run.ts";
import { orderFailover, outcomeOf, type WritingGroup, writingGroup } from "./failover-run.ts";
import { cutOffAt } from "./interrupted-run.ts";
import type { JournalPoint } from "./killable.ts";
import type { EngineOptions } from "./site-engine.ts";
import { struckPoints } from "./struck-points.ts";
import { operationRow, orderCleanup, orderTest } from "./test-run.ts";

const HOOK: Hook = {
  when: "before",
  of: "plan",
  tier: null,
  member_id: null,
  url: "https://hooks.example.com/shop?token=x",
  undo_url: null,
  timeout_seconds: 5,
  retries: 1,
  on_failure: "stop",
  in_tests: false,
};

/** Who is called, and what it answers. */
class Receiver {
  readonly requests: HttpRequest[] = [];
  answer: (request: HttpRequest, count: number) => number = () => 204;

  transport({ sites }: WritingGroup): HttpTransport {
    return async (request) => {
      if (!request.url.startsWith("https://hooks.example.com/")) return sites.world.transport(request);
      this.requests.push(request);
      const status = this.answer(request, this.requests.length);
      if (status === 0) throw new HttpTransportError("interrupted", "no answer");
      return { status, headers: {}, body: "" };
    };
  }

  get bodies() {
    return this.requests.map(({ body }) => JSON.parse(body ?? "null"));
  }

  /** When and about whom, in the order of the calls. */
  get told() {
    return this.bodies.map(({ when, of, tier, member }) => [when, of, member?.name ?? tier].join(" ").trim());
  }
}

async function withHooks(hooks: readonly Partial<Hook>[]): Promise<WritingGroup> {
  const writing = await writingGroup();
  await writing.sites.b.connection.db
    .updateTable("protection_groups")
    .set({ hooks: writeJson(hooks.map((hook) => ({ ...HOOK, ...hook }))) })
    .where("id", "=", writing.group.id)
    .execute();
  return writing;
}

async function settle(writing: WritingGroup, id: string, receiver: Receiver, options: EngineOptions = {}) {
  const { sites } = writing;
  const engine = sites.engine(sites.b, { transport: receiver.transport(writing), ...options });
  return sites.settle(sites.b, id, engine, 3_600_000);
}

const EVERYWHERE: readonly Partial<Hook>[] = [
  { when: "before", of: "plan" },
  { when: "after", of: "plan" },
  { when: "before", of: "tier" },
  { when: "after", of: "tier" },
  { when: "before", of: "member" },
  { when: "after", of: "member" },
  { when: "before", of: "cleanup", in_tests: true },
];

test("hooks are called around plan, tiers and members in that order, each signed with the site's key", async () => {
  const writing = await withHooks(EVERYWHERE);
  const receiver = new Receiver();
  expect(await settle(writing, await orderFailover(writing), receiver)).toBe("completed");
  expect(receiver.told).toEqual([
    "before plan",
    ...["db-01", "app-01", "web-01"].flatMap((name, tier) => [
      `before tier ${tier}`,
      `before member ${name}`,
      `after member ${name}`,
      `after tier ${tier}`,
    ]),
    "after plan",
  ]);
  const site = await writing.sites.b.connection.db
    .selectFrom("sites")
    .selectAll()
    .where("is_local", "=", 1)
    .executeTakeFirstOrThrow();
  const spki = Buffer.concat([
    Buffer.from("302a300506032b6570032100", "hex"),
    Buffer.from(site.signing_public_key, "base64"),
  ]);
  const key = createPublicKey({ key: spki, format: "der", type: "spki" });
  for (const { headers, body = "" } of receiver.requests) {
    const signature = Buffer.from(headers["protector-signature"]?.replace("ed25519=", "") ?? "", "base64");
    expect(verify(null, Buffer.from(body), key, signature)).toBe(true);
  }
  expect(receiver.bodies[3]).toMatchObject({
    site_id: site.id,
    when: "after",
    member: { id: writing.group.memberIds[0], name: "db-01", server_id: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    protection_group: { id: writing.group.id, name: "shop" },
  });
  expect(receiver.requests[0]?.timeoutMs).toBe(5_000);
  expect(receiver.requests[0]?.isAddressAllowed?.("169.254.169.254")).toBe(false);
  expect(receiver.requests[0]?.isAddressAllowed?.("192.0.2.7")).toBe(true);
  writing.sites.stop();
});

test("hooks of the same moment are called in the order of the list", async () => {
  const moments = [
    ["before", "plan"],
    ["after", "plan"],
    ["before", "tier"],
    ["after", "tier"],
    ["before", "member"],
    ["after", "member"],
  ] as const;
  const each = (url: string) => moments.map(([when, of]) => ({ when, of, url: `https://hooks.example.com/${url}` }));
  const writing = await withHooks([...each("first"), ...each("second")]);
  const receiver = new Receiver();
  expect(await settle(writing, await orderFailover(writing), receiver)).toBe("completed");
  const heard = receiver.requests.map(({ url }, index) => `${receiver.told[index]} ${url.split("/").at(-1)}`);
  for (const told of new Set(receiver.told)) {
    expect(heard.filter((line) => line.startsWith(`${told} `))).toEqual([`${told} first`, `${told} second`]);
  }
  writing.sites.stop();
});

test("a hook that fails is tried again, then stops the recovery before anything was touched; resumed it goes on", async () => {
  const writing = await withHooks([{}]);
  const receiver = new Receiver();
  receiver.answer = () => 500;
  const id = await orderFailover(writing);
  expect(await settle(writing, id, receiver)).toBe("failed");
  expect(receiver.requests).toHaveLength(2);
  const error = readOptionalJson((await operationRow(writing, id)).error);
  expect([error?.code, error?.detail]).toEqual([
    "protector.hook.failed",
    "https://hooks.example.com was called 2 times: it answered 500.",
  ]);
  const { servers } = writing.sites.world.cloud("site-a").compute;
  expect([...servers.values()].every(({ lockedBy }) => lockedBy === null || lockedBy === undefined)).toBe(true);
  receiver.answer = () => 200;
  await writing.sites.ask(writing.sites.b, id, { verb: "resume" });
  expect(await settle(writing, id, receiver)).toBe("completed");
  writing.sites.stop();
});

test("a hook that may fail does not hold the recovery, and one of a member takes only that member", async () => {
  const writing = await withHooks([
    { of: "plan", on_failure: "continue" },
    { of: "member", member_id: null, retries: 0 },
  ]);
  const [, , web = ""] = writing.group.memberIds;
  const receiver = new Receiver();
  receiver.answer = ({ body = "" }) => (body.includes('"of":"plan"') ? 0 : body.includes(web) ? 403 : 204);
  const id = await orderFailover(writing);
  expect(await settle(writing, id, receiver)).toBe("completed_with_errors");
  expect(writing.sites.world.cloud("site-b").compute.servers.size).toBe(2);
  writing.sites.stop();
});

test("tests call only the hooks that are meant for them, clean-ups their own", async () => {
  const writing = await withHooks([
    ...EVERYWHERE.slice(0, 6),
    { of: "tier", tier: 1, in_tests: true },
    ...EVERYWHERE.slice(6),
  ]);
  const receiver = new Receiver();
  expect(await settle(writing, await orderTest(writing), receiver)).toBe("completed");
  expect(receiver.told).toEqual(["before tier 1"]);
  expect(receiver.bodies[0].operation.type).toBe("test_failover");
  expect(await settle(writing, await orderCleanup(writing), receiver)).toBe("completed");
  expect(receiver.told).toEqual(["before tier 1", "before cleanup"]);
  writing.sites.stop();
});

test("killed at any journal write of hooks and gates a failover ends the same, and who is called can tell repeated calls", {
  timeout: 300_000,
}, async () => {
  const open = async () => {
    const writing = await withHooks([
      { of: "plan" },
      { of: "tier", tier: 1 },
      { of: "member", when: "after" },
      { of: "plan", when: "after", on_failure: "continue" },
    ]);
    const gate = writeJson({ kind: "console" as const, text: "login:", timeout_seconds: 60 });
    await writing.sites.b.connection.db
      .updateTable("pg_members")
      .set({ gate })
      .where("id", "=", writing.group.memberIds[0] ?? "")
      .execute();
    return writing;
  };
  const calmly = await open();
  const heard = new Receiver();
  const calm = await runCalm(calmly.sites, await orderFailover(calmly), { transport: heard.transport(calmly) });
  const outcome = await outcomeOf(calmly, calm.status);
  expect(outcome).toMatchObject({ status: "completed", lost: [], problems: [] });
  const ids = heard.bodies.map(({ id }) => String(id).split(":")[1]);
  const points = struckPoints(calm, { where: ({ commit }) => /hook\.|ready\./.test(calm.commits[commit] ?? "") });
  expect(points.length).toBeGreaterThan(12);
  for (const point of points) {
    const writing = await open();
    const { sites } = writing;
    const receiver = new Receiver();
    const transport = receiver.transport(writing);
    const { operationId } = await cutOffAt(writing, point, (line) => line.kill(), orderFailover, { transport });
    const second = sites.engine(sites.b, { host: "site-b-engine-2", transport });
    const status = await sites.settle(sites.b, operationId, second);
    const label = `killed ${describePoint(point, calm)}`;
    expect({ label, ...(await outcomeOf(writing, status)) }).toEqual({ label, ...outcome });
    const called = new Set(receiver.bodies.map(({ id }) => String(id).split(":")[1]));
    expect({ label, called: [...called].sort() }).toEqual({ label, called: ids.toSorted() });
  }
});

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

test("a failback calls every hook, in the order of the tiers; a reprotection those of the plan alone", async () => {
  const writing = await awayGroup();
  const { sites, group } = writing;
  for (const site of [sites.a, sites.b])
    await site.connection.db
      .updateTable("protection_groups")
      .set({ hooks: writeJson(EVERYWHERE.map((hook) => ({ ...HOOK, ...hook }))) })
      .where("id", "=", group.id)
      .execute();
  const receiver = new Receiver();
  const again = await sites.order(sites.b, group.id, { type: "reprotect" });
  expect(await settle(writing, again, receiver)).toBe("completed");
  expect(receiver.told).toEqual(["before plan", "after plan"]);
  expect(receiver.bodies.map(({ operation }) => operation.type)).toEqual(["reprotect", "reprotect"]);
  await carryHome(writing);
  const home = new Receiver();
  const back = await sites.order(sites.a, group.id, { type: "failback" });
  const engine = sites.engine(sites.a, { transport: home.transport(writing) });
  expect(await sites.settle(sites.a, back, engine, 3_600_000)).toBe("completed");
  expect(home.told).toEqual([
    "before plan",
    ...["db-01", "app-01", "web-01"].flatMap((name, tier) => [
      `before tier ${tier}`,
      `before member ${name}`,
      `after member ${name}`,
      `after tier ${tier}`,
    ]),
    "after plan",
  ]);
});
