import { createPublicKey, verify } from "node:crypto";
import { expect, test } from "vitest";
import { readOptionalJson, writeJson } from "../../packages/server/src/db/codecs.ts";
import { describePoint, runCalm } from "./calm-run.ts";
import { awayGroup, carryHome } from "./failback-run.ts";
import { orderFailover, outcomeOf } from "./failover-run.ts";
import { EVERYWHERE, HOOK, Receiver, settle, withHooks } from "./hook-run.ts";
import { cutOffAt } from "./interrupted-run.ts";
import { struckPoints } from "./struck-points.ts";
import { operationRow, orderCleanup, orderTest } from "./test-run.ts";

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
