import type { HttpTransport, TcpProbe } from "@protector/ports";
import { expect, test } from "vitest";
import type { ReadinessGate } from "../../packages/contract/src/index.ts";
import { readJson, readOptionalJson, writeJson } from "../../packages/server/src/db/codecs.ts";
import { orderFailover, type WritingGroup, writingGroup } from "./failover-run.ts";
import type { EngineOptions } from "./site-engine.ts";
import { operationRow, orderTest, settleTest } from "./test-run.ts";
import { running } from "./unplanned-run.ts";

/** Gives members gates, by their place in the start order: db, app, web. */
async function withGates(gates: readonly (ReadinessGate | null)[], isCritical: 0 | 1 = 0): Promise<WritingGroup> {
  const writing = await writingGroup();
  for (const [index, gate] of gates.entries()) {
    await writing.sites.b.connection.db
      .updateTable("pg_members")
      .set({ gate: gate && writeJson(gate), is_critical: isCritical })
      .where("id", "=", writing.group.memberIds[index] ?? "")
      .execute();
  }
  return writing;
}

/** Marks every network of the group as reachable from the engines. */
async function reachable({ sites, group }: WritingGroup): Promise<void> {
  const { db } = sites.b.connection;
  const rows = await db.selectFrom("resource_mappings").selectAll().where("kind", "=", "network").execute();
  await db
    .insertInto("resource_mappings")
    .values(rows.map((row) => ({ ...row, id: sites.random.uuid(), kind: "reachable_network" as const })))
    .execute();
  expect(rows[0]?.protection_group_id).toBe(group.id);
}

async function settle({ sites }: WritingGroup, operationId: string, options: EngineOptions = {}) {
  return sites.settle(sites.b, operationId, sites.engine(sites.b, options), 3_600_000);
}

async function stepsOf({ sites }: WritingGroup, operationId: string) {
  const rows = await sites.b.connection.db
    .selectFrom("dr_operation_steps")
    .selectAll()
    .where("operation_id", "=", operationId)
    .execute();
  return new Map(rows.map((row) => [row.step_key, row]));
}

test("a gate holds what comes after it until it opens, and is looked at on the server's own address", async () => {
  const writing = await withGates([{ kind: "tcp", port: 5432, timeout_seconds: 600 }, null, null]);
  await reachable(writing);
  const { sites, group } = writing;
  const [db = "", app = ""] = group.memberIds;
  const asked: string[] = [];
  let opensAt = Number.POSITIVE_INFINITY;
  let startedBefore = -1;
  const tcpProbe: TcpProbe = async ({ host, port }) => {
    asked.push(`${host}:${port}`);
    if (asked.length === 1) opensAt = sites.clock.now() + 60_000;
    if (sites.clock.now() < opensAt) return false;
    startedBefore = sites.world.cloud("site-b").compute.servers.size;
    return true;
  };
  const id = await orderFailover(writing);
  expect(await settle(writing, id, { tcpProbe })).toBe("completed");
  expect(startedBefore).toBe(1);
  const steps = await stepsOf(writing, id);
  const ready = readOptionalJson(steps.get(`ready.${db}`)?.output ?? null) as { readyAt: number } | null;
  expect(ready?.readyAt).toBeGreaterThanOrEqual(opensAt);
  expect(
    Date.parse(`${steps.get(`server.${app}`)?.started_at?.replace(" ", "T").slice(0, 23)}Z`),
  ).toBeGreaterThanOrEqual(opensAt);
  const ports = [...sites.world.cloud("site-b").networks.ports.values()];
  const addresses = ports.flatMap((port) => port.fixedIps.map((ip) => `${ip.address}:5432`));
  expect(addresses).toContain(asked[0]);
  sites.stop();
});

test("a gate that stays closed fails its server by name after its time, and the others go on", async () => {
  const writing = await withGates([
    null,
    null,
    { kind: "http", scheme: "http", port: 80, path: "/ok", timeout_seconds: 30 },
  ]);
  await reachable(writing);
  const { sites, group } = writing;
  const send: HttpTransport = (request) =>
    request.url.endsWith(":80/ok")
      ? Promise.resolve({ status: 503, headers: {}, body: "" })
      : sites.world.transport(request);
  const id = await orderFailover(writing);
  expect(await settle(writing, id, { transport: send })).toBe("completed_with_errors");
  const row = (await stepsOf(writing, id)).get(`ready.${group.memberIds[2]}`);
  const error = readOptionalJson(row?.error ?? null);
  expect(error?.code).toBe("protector.member.gate_closed");
  expect(error?.detail).toMatch(/web-01 is ACTIVE, but was not ready within 30 s: http:\/\/[0-9.]+:80\/ok answers 503/);
  expect(running(writing, "site-b")).toBe(3);
  await sites.ask(sites.b, id, { verb: "retry" });
  const open: HttpTransport = (request) =>
    request.url.endsWith(":80/ok")
      ? Promise.resolve({ status: 204, headers: {}, body: "" })
      : sites.world.transport(request);
  expect(await settle(writing, id, { transport: open })).toBe("completed");
  sites.stop();
});

test("a console gate reads the console log through Nova", async () => {
  const writing = await withGates([{ kind: "console", text: "db-01 login:", timeout_seconds: 60 }, null, null]);
  expect(await settle(writing, await orderFailover(writing))).toBe("completed");
  writing.sites.stop();
  const closed = await withGates([{ kind: "console", text: "Kernel panic", timeout_seconds: 60 }, null, null], 1);
  const id = await orderFailover(closed);
  expect(await settle(closed, id)).toBe("failed");
  expect(readOptionalJson((await operationRow(closed, id)).error)?.detail).toContain('does not show "Kernel panic"');
  closed.sites.stop();
});

test("a gate that no engine can see is told before and not waited for", async () => {
  const writing = await withGates([{ kind: "tcp", port: 5432, timeout_seconds: 600 }, null, null]);
  const id = await orderTest(writing);
  expect(await settleTest(writing, id)).toBe("completed");
  const plan = JSON.stringify(readJson((await operationRow(writing, id)).plan ?? "null"));
  expect(plan).toContain("member.gate_not_observable");
  expect((await stepsOf(writing, id)).has(`ready.${writing.group.memberIds[0]}`)).toBe(false);
  writing.sites.stop();
});

test("a webhook gate asks, signed, until the answer is 2xx; what comes after it waits", async () => {
  const url = "https://ready.example.com/shop";
  const writing = await withGates([{ kind: "webhook", url, timeout_seconds: 600 }, null, null]);
  const { sites, group } = writing;
  const asked: { body: { member: { name: string; server_id: string } }; signature: string | undefined }[] = [];
  const transport: HttpTransport = async (request) => {
    if (request.url !== url) return sites.world.transport(request);
    asked.push({ body: JSON.parse(request.body ?? "null"), signature: request.headers["protector-signature"] });
    return { status: asked.length < 3 ? 503 : 204, headers: {}, body: "" };
  };
  const id = await orderFailover(writing);
  expect(await settle(writing, id, { transport })).toBe("completed");
  expect(asked).toHaveLength(3);
  const [first] = asked;
  const recovered = [...sites.world.cloud("site-b").compute.servers.values()].find(({ name }) => name === "db-01");
  expect(first?.body).toMatchObject({
    when: "gate",
    member: { id: group.memberIds[0], name: "db-01", server_id: recovered?.id },
    operation: { id, type: "failover" },
  });
  expect(first?.signature).toMatch(/^ed25519=/);
});
