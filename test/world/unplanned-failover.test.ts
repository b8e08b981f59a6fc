import { afterEach, expect, test } from "vitest";
import { readJson, readOptionalJson } from "../../packages/server/src/db/codecs.ts";
import { watchReadiness } from "../../packages/server/src/engine/watch/readiness.ts";
import { readRecoveryPoints } from "../../packages/server/src/engine/watch/recovery-points.ts";
import { Watches } from "../../packages/server/src/engine/watch/watches.ts";
import { orderFailover, type WritingGroup, writingGroup } from "./failover-run.ts";
import { carry, run } from "./protected-group.ts";
import { operationRow, settleTest } from "./test-run.ts";
import {
  errorOf,
  letBothSitesRest,
  lose,
  orderUnplanned,
  owedAt,
  pointsAt,
  REASON,
  running,
  sourceServers,
  writingAtSource,
} from "./unplanned-run.ts";

let writing: WritingGroup;
const open = async () => {
  writing = await writingGroup();
  return writing;
};
afterEach(() => writing.sites.stop());

test("recovers from the point that was chosen by name, says what it loses, and refuses one that is not kept", async () => {
  const { sites, group } = await open();
  await sites.clock.advance(330_000);
  await sites.clock.run(readRecoveryPoints(sites.ports(sites.b)));
  const points = await pointsAt(writing);
  expect(points.length).toBeGreaterThan(1);
  const [oldest] = points;
  const unknown = await orderUnplanned(writing, { recovery_point: "never-cut" });
  expect(await settleTest(writing, unknown)).toBe("failed");
  expect((await errorOf(writing, unknown))?.code).toBe("protector.recovery_point.gone");
  const id = await orderUnplanned(writing, { recovery_point: oldest?.name });
  expect(await settleTest(writing, id)).toBe("completed");
  const row = await operationRow(writing, id);
  expect(row.recovery_point).toBe(oldest?.name);
  expect(row.data_loss_seconds).toBeGreaterThan(300);
  const [first] = group.servers;
  const recovered = [...sites.world.cloud("site-b").compute.servers.values()].find(
    ({ name }) => name === first?.server.name,
  );
  expect(recovered).toBeDefined();
});

test("a dry run shows point, loss and fence, and changes nothing", async () => {
  const { sites } = await open();
  lose(writing, sites.a, "control plane");
  const before = sites.world.describe().arrays[1]?.volumes;
  const parameters = { as: "unplanned" };
  const wish = { type: "failover", mode: "unplanned", parameters, isDryRun: true } as const;
  const id = await sites.order(sites.b, writing.group.id, wish);
  expect(await settleTest(writing, id)).toBe("completed");
  const plan = readOptionalJson((await operationRow(writing, id)).plan);
  expect(plan?.blockers).toEqual([]);
  expect(plan?.recovery_point).toMatch(/^protector-/);
  expect(plan?.expected_data_loss_seconds).toBeGreaterThan(0);
  expect(plan?.warnings.find(({ check }) => check === "failover.fence")?.reason).toContain(
    "cut off from their volumes",
  );
  expect(running(writing, "site-a")).toBe(3);
  expect(sites.world.describe().arrays[1]?.volumes).toEqual(before);
});

test("rolled back before the first server starts it puts the source back as it was, whichever means fenced it", async () => {
  for (const loss of ["none", "control plane"] as const) {
    const { sites } = await open();
    const bringBack = loss === "none" ? () => {} : lose(writing, sites.a, loss);
    const id = await orderUnplanned(writing);
    const afterCommit = (_id: string, labels: readonly string[]) => {
      if (!labels.some((label) => label.startsWith("step source.yield completed"))) return;
      bringBack();
      return sites.ask(sites.b, id, { verb: "cancel" });
    };
    const engine = sites.engine(sites.b, { observer: { afterCommit } });
    expect(await sites.settle(sites.b, id, engine, 3_600_000)).toBe("cancelled");
    await letBothSitesRest(writing);
    expect(sourceServers(writing).map(({ status, lockedBy }) => [status, lockedBy])).toEqual(
      Array(3).fill(["ACTIVE", null]),
    );
    expect([writingAtSource(writing), running(writing, "site-b")]).toEqual([3, 0]);
    const again = await sites.order(sites.b, writing.group.id, { type: "failover", mode: "planned" });
    expect(await settleTest(writing, again)).toBe("completed");
    sites.stop();
  }
});

test("rolled back under the eyes of the source's own engine, which had begun to fence itself, it leaves everything running", async () => {
  const { sites } = await open();
  const watches = new Watches(sites.ports(sites.a), { messaging: () => "none" });
  const id = await orderUnplanned(writing);
  const afterCommit = async (_id: string, labels: readonly string[]) => {
    if (labels.includes("step epoch.target completed")) watches.start();
    if (labels.includes("step source.yield completed")) await sites.ask(sites.b, id, { verb: "cancel" });
  };
  expect(await sites.settle(sites.b, id, sites.engine(sites.b, { observer: { afterCommit } }), 3_600_000)).toBe(
    "cancelled",
  );
  await sites.clock.advance(300_000);
  await sites.clock.run(watches.stop());
  await letBothSitesRest(writing);
  expect(sourceServers(writing).map(({ status, lockedBy }) => [status, lockedBy])).toEqual(
    Array(3).fill(["ACTIVE", null]),
  );
  expect([writingAtSource(writing), running(writing, "site-b")]).toEqual([3, 0]);
});

test("rolled back while the source is dead it ends, and what the source has to take back is owed", async () => {
  const { sites } = await open();
  const id = await orderUnplanned(writing);
  let bringBack: () => void = () => {};
  const afterCommit = (_id: string, labels: readonly string[]) => {
    if (!labels.includes("step source.yield completed")) return;
    bringBack = lose(writing, sites.a, "black hole");
    return sites.ask(sites.b, id, { verb: "cancel" });
  };
  const engine = sites.engine(sites.b, { observer: { afterCommit } });
  expect(await sites.settle(sites.b, id, engine, 3_600_000)).toBe("cancelled");
  expect(await owedAt(sites.b)).toEqual(["source.fence", "source.yield"]);
  expect(running(writing, "site-b")).toBe(0);
  bringBack();
  await letBothSitesRest(writing);
  expect([writingAtSource(writing), running(writing, "site-b")]).toEqual([3, 0]);
  expect(sourceServers(writing).map(({ lockedBy }) => lockedBy)).toEqual([null, null, null]);
});

test("reclaim brings servers back that were cut off from their volumes", async () => {
  const { sites, group } = await open();
  const bringBack = lose(writing, sites.a, "control plane");
  expect(await settleTest(writing, await orderUnplanned(writing))).toBe("completed");
  bringBack();
  lose(writing, sites.b, "all");
  await run(sites, sites.a, group.id, { type: "reclaim", parameters: { reason: "site B is lost as well" } });
  expect(writingAtSource(writing)).toBe(3);
});

test("servers that the other site had recovered before it was lost too are found when it is back, and go with the next reprotection", async () => {
  const { sites, group } = await open();
  const bringBack = lose(writing, sites.a, "all");
  expect(await settleTest(writing, await orderUnplanned(writing, { reason: REASON }))).toBe("completed");
  const bringBackB = lose(writing, sites.b, "all", { resumeGuests: true });
  bringBack();
  // No document of the failover has come to site A.
  await run(sites, sites.a, group.id, { type: "reclaim", parameters: { reason: "site B is lost as well" } });
  expect(writingAtSource(writing)).toBe(3);
  const peerServers = async () => {
    const rows = sites.a.connection.db.selectFrom("pg_members").select("peer_server_id");
    return (await rows.execute()).map(({ peer_server_id }) => peer_server_id);
  };
  expect(await peerServers()).toEqual([null, null, null]);
  bringBackB();
  await letBothSitesRest(writing);
  expect([writingAtSource(writing), running(writing, "site-b")]).toEqual([3, 0]);
  const left = [...sites.world.cloud("site-b").compute.servers.keys()];
  expect((await peerServers()).toSorted()).toEqual(left.toSorted());
  await sites.clock.run(watchReadiness(sites.ports(sites.a)));
  const found = sites.a.connection.db.selectFrom("protection_groups").select("readiness").where("id", "=", group.id);
  expect(JSON.stringify(readJson((await found.executeTakeFirstOrThrow()).readiness))).toContain(
    "3 servers of it left at site-b",
  );
  const id = await run(sites, sites.a, group.id, { type: "reprotect" });
  expect(sites.world.cloud("site-b").describe()).toMatchObject({ servers: [], volumes: [] });
  const kept = readJson((await operationRow(writing, id, sites.a)).leftovers);
  expect(kept.map(({ subject }) => subject.replace(/ protector-.*/, ""))).toEqual(Array(5).fill("Array volume"));
  await sites.clock.run(carry(sites, sites.a, sites.b, group.id));
  expect(await settleTest(writing, await orderFailover(writing))).toBe("completed");
  expect(running(writing, "site-b")).toBe(3);
  expect(sites.world.problems).toEqual([]);
});

test("members that fail leave a partial failover, and retry brings up only those", async () => {
  const { sites } = await open();
  lose(writing, sites.a, "all");
  const clear = sites.world.conditions.inject({
    service: "site-b/nova",
    method: "POST",
    path: /\/servers$/,
    when: ({ body }) => body.includes("web-01"),
    fault: { kind: "refuse", status: 400, body: { badRequest: { message: "struck" } } },
  });
  const id = await orderUnplanned(writing, { reason: REASON });
  expect(await settleTest(writing, id)).toBe("completed_with_errors");
  expect(running(writing, "site-b")).toBe(2);
  clear();
  await sites.ask(sites.b, id, { verb: "retry" });
  expect(await settleTest(writing, id)).toBe("completed");
  expect(running(writing, "site-b")).toBe(3);
});
