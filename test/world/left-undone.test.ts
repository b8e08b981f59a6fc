import type { Hook } from "@protector/contract";
import type { HttpTransport } from "@protector/ports";
import type { SeededServer } from "@protector/simulator";
import { afterEach, expect, test } from "vitest";
import { readJson, writeJson } from "../../packages/server/src/db/codecs.ts";
import { requestVerb } from "../../packages/server/src/db/repositories/operation-requests.ts";
import { checkLastMove } from "../../packages/server/src/engine/watch/last-move.ts";
import { carryHome, protectBack } from "./failback-run.ts";
import { orderFailover, type WritingGroup, writingGroup } from "./failover-run.ts";
import { protectThreeTier } from "./protected-group.ts";
import { changingCalls, operationRow, settleTest } from "./test-run.ts";
import { createTwoSites } from "./two-sites.ts";
import { running } from "./unplanned-run.ts";

let writing: WritingGroup;
afterEach(() => writing.sites.stop());

function groupAt(site: "a" | "b") {
  return writing.sites[site].connection.db
    .selectFrom("protection_groups")
    .select(["status", "protection", "current_operation_id"])
    .where("id", "=", writing.group.id)
    .executeTakeFirstOrThrow();
}

async function memberStatuses(): Promise<readonly string[]> {
  const { db } = writing.sites.b.connection;
  const rows = await db.selectFrom("pg_members").select("status").orderBy("name").execute();
  return rows.map(({ status }) => status);
}

async function retry(id: string): Promise<void> {
  const { connection, projectId, tenant } = writing.sites.b;
  await requestVerb(connection, { operationId: id, projectId, verb: "retry", userId: tenant.user.id });
}

/** Refuses floating IPs at site B. @returns what lets them be made. */
function withoutFloatingIps(): () => void {
  return writing.sites.world.conditions.inject({
    service: "site-b/neutron",
    method: "POST",
    path: /\/floatingips$/,
    fault: {
      kind: "refuse",
      status: 400,
      body: { NeutronError: { message: "the pool is closed", type: "BadRequest" } },
    },
  });
}

/** Three servers, the last of which has a floating IP at home. */
async function withAddress(): Promise<WritingGroup> {
  const sites = await createTwoSites();
  const { networks } = sites.world.cloud("site-a");
  const { network, subnet } = sites.a.tenant.basics.external;
  const prepare = (servers: readonly SeededServer[]) => {
    const id = sites.random.uuid();
    const port = [...networks.ports.values()].find(({ deviceId }) => deviceId === servers.at(-1)?.server.id);
    networks.floatingIps.set(id, {
      id,
      subnetId: subnet.id,
      address: "203.0.113.50",
      networkId: network.id,
      projectId: sites.a.projectId,
      description: "",
      portId: port?.id ?? null,
      fixedIp: port?.fixedIps[0]?.address ?? null,
      tags: [],
    });
  };
  return { sites, group: await protectThreeTier(sites, { prepare }) };
}

/** A planned failover whose servers are up, and whose floating IP is not. */
async function withoutAddress() {
  writing = await withAddress();
  const open = withoutFloatingIps();
  const id = await orderFailover(writing);
  expect(await settleTest(writing, id)).toBe("completed_with_errors");
  return { id, open };
}

test("all servers up and a floating IP missing: the group has failed over, the operation names what is missing", async () => {
  const { id } = await withoutAddress();
  expect(await groupAt("b")).toMatchObject({ status: "failed_over", current_operation_id: null });
  expect(await memberStatuses()).toEqual(Array(3).fill("failed_over"));
  const row = await operationRow(writing, id);
  expect(row.status_reason).toMatch(
    /^all servers are up; failed: Give web-01 a floating IP \(neutron POST .*the pool is closed.*\)$/,
  );
  const results = readJson(row.members).map(({ name, status, error }) => [name, status, error?.code ?? null]);
  expect(results).toContainEqual(["web-01", "failed_over", "protector.cloud.refused"]);
  expect(results.filter(([, , code]) => code !== null)).toHaveLength(1);
  await carryHome(writing);
  expect(await groupAt("a")).toMatchObject({ status: "failed_over" });
});

test("readiness tells it until a retry has done it, which does nothing else", async () => {
  const { id, open } = await withoutAddress();
  const { sites, group } = writing;
  const told = () => checkLastMove(sites.ports(sites.b), { id: group.id });
  expect(await told()).toMatchObject([
    {
      check: "operation.left_undone",
      severity: "warning",
      reason: expect.stringContaining("Give web-01 a floating IP"),
      remedy: expect.stringContaining(`protector operation retry ${id}`),
    },
  ]);
  open();
  const { conditions } = sites.world;
  conditions.isRecording = true;
  await retry(id);
  expect(await settleTest(writing, id)).toBe("completed");
  expect(changingCalls(conditions.calls, (service) => service.startsWith("site-b/"))).toEqual([
    expect.stringMatching(/^site-b\/neutron POST .*\/floatingips$/),
  ]);
  expect(await told()).toEqual([]);
  expect(await groupAt("b")).toMatchObject({ status: "failed_over" });
});

test("tried again after the group was reprotected, it leaves the protection as it is", async () => {
  const { id, open } = await withoutAddress();
  await protectBack(writing);
  const before = [await groupAt("b"), await memberStatuses()];
  expect(before).toMatchObject([{ status: "failed_over", protection: "protected" }, Array(3).fill("protected")]);
  open();
  await retry(id);
  expect(await settleTest(writing, id)).toBe("completed");
  expect([await groupAt("b"), await memberStatuses()]).toEqual(before);
});

const AFTER_WEB: Hook = {
  when: "after",
  of: "member",
  tier: null,
  member_id: null,
  url: "https://hooks.example.com/after",
  undo_url: null,
  timeout_seconds: 5,
  retries: 0,
  on_failure: "stop",
  in_tests: false,
};

test("a server whose own hook after it fails is recovered all the same; retry calls the hook again", async () => {
  writing = await writingGroup();
  const { sites, group } = writing;
  const [, , web = ""] = group.memberIds;
  await sites.b.connection.db
    .updateTable("protection_groups")
    .set({ hooks: writeJson([{ ...AFTER_WEB, member_id: web }]) })
    .where("id", "=", group.id)
    .execute();
  let status = 500;
  let calls = 0;
  const transport: HttpTransport = async (request) => {
    if (!request.url.startsWith("https://hooks.example.com/")) return sites.world.transport(request);
    calls += 1;
    return { status, headers: {}, body: "" };
  };
  const settle = (id: string) => sites.settle(sites.b, id, sites.engine(sites.b, { transport }), 3_600_000);
  const id = await orderFailover(writing);
  expect(await settle(id)).toBe("completed_with_errors");
  expect((await operationRow(writing, id)).status_reason).toBe(
    "all servers are up; failed: Call hooks.example.com after web-01 (https://hooks.example.com was called once: it answered 500)",
  );
  expect([await groupAt("b"), running(writing, "site-b")]).toMatchObject([{ status: "failed_over" }, 3]);
  status = 204;
  await retry(id);
  expect(await settle(id)).toBe("completed");
  expect([calls, running(writing, "site-b")]).toEqual([2, 3]);
});
