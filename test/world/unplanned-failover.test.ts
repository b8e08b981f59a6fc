import { afterEach, expect, test } from "vitest";
import { readJson, readOptionalJson } from "../../packages/server/src/db/codecs.ts";
import { readRecoveryPoints } from "../../packages/server/src/engine/watch/recovery-points.ts";
import { endTests } from "../../packages/server/src/engine/watch/tests.ts";
import { Watches } from "../../packages/server/src/engine/watch/watches.ts";
import { arrayAt } from "../watches/watched-site.ts";
import { type WritingGroup, writingGroup } from "./failover-run.ts";
import { atJournalPoint } from "./killable.ts";
import { run } from "./protected-group.ts";
import { operationRow, orderTest, settleTest } from "./test-run.ts";
import {
  beforeFirstServer,
  letBothSitesRest,
  lose,
  orderUnplanned,
  owedAt,
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

function sourceServers({ sites }: WritingGroup) {
  return sites.world.cloud("site-a").describe().servers;
}

async function errorOf(of: WritingGroup, id: string) {
  return readOptionalJson((await operationRow(of, id)).error);
}

function pointsAt({ sites, group }: WritingGroup) {
  return sites.b.connection.db
    .selectFrom("recovery_points")
    .selectAll()
    .where("protection_group_id", "=", group.id)
    .orderBy("cut_at")
    .execute();
}

test("with the source fully alive its servers are locked and SHUTOFF before the first one starts at the target", async () => {
  const { sites } = await open();
  let seen: unknown;
  const transport = beforeFirstServer(writing, () => {
    seen = sourceServers(writing).map(({ status, lockedBy }) => [status, lockedBy]);
  });
  const id = await orderUnplanned(writing);
  expect(await sites.settle(sites.b, id, sites.engine(sites.b, { transport }))).toBe("completed");
  expect(seen).toEqual(Array(3).fill(["SHUTOFF", "admin"]));
  expect([running(writing, "site-a"), running(writing, "site-b")]).toEqual([0, 3]);
  expect(await owedAt(sites.b)).toEqual([]);
  expect(sites.world.problems).toEqual([]);
});

test("with the source's control plane stopped its array lists no connection before the first server starts at the target", async () => {
  const { sites, group } = await open();
  const bringBack = lose(writing, sites.a, "control plane");
  expect(running(writing, "site-a")).toBe(3);
  let seen: readonly (readonly string[])[] = [["never looked"]];
  const transport = beforeFirstServer(writing, () => {
    const array = sites.world.array("array-a").model;
    const volumes = group.servers.flatMap((server) => server.volumes);
    seen = volumes.map(({ providerId }) => array.findVolume(providerId ?? "")?.hosts ?? ["no such volume"]);
  });
  const id = await orderUnplanned(writing);
  expect(await sites.settle(sites.b, id, sites.engine(sites.b, { transport }))).toBe("completed");
  expect(seen.length).toBeGreaterThanOrEqual(3);
  expect(seen.flat()).toEqual([]);
  expect([writingAtSource(writing), running(writing, "site-b")]).toEqual([0, 3]);
  expect(await owedAt(sites.b)).toEqual(["source.stop"]);
  bringBack();
  await letBothSitesRest(writing);
  expect(sourceServers(writing).map(({ status, lockedBy }) => [status, lockedBy])).toEqual(
    Array(3).fill(["SHUTOFF", "admin"]),
  );
  expect(await owedAt(sites.b)).toEqual([]);
});

test("a server that Nova does not stop is cut off from its volumes, and the others are stopped", async () => {
  const { sites, group } = await open();
  const stuck = group.servers[1]?.server.id ?? "";
  sites.world.conditions.inject({
    service: "site-a/nova",
    method: "POST",
    path: new RegExp(`/servers/${stuck}/action$`),
    fault: {
      kind: "refuse",
      status: 409,
      body: { conflictingRequest: { message: "Cannot 'stop' while it is rescued" } },
    },
  });
  const id = await orderUnplanned(writing);
  expect(await settleTest(writing, id)).toBe("completed");
  const states = sourceServers(writing).map(({ name, status }) => [name, status]);
  expect(states.filter(([, status]) => status === "ACTIVE").map(([name]) => name)).toEqual([
    group.servers[1]?.server.name,
  ]);
  expect([writingAtSource(writing), running(writing, "site-b")]).toEqual([0, 3]);
  expect(await owedAt(sites.b)).toEqual(["source.stop"]);
});

test("a volume that the array does not have under its name proves nothing: its server counts as not fenced", async () => {
  const { sites, group } = await open();
  const volume = group.servers[0]?.volumes[0]?.providerId ?? "";
  await sites.clock.run(arrayAt(sites, "array-a").renameVolume(volume, `${volume}-elsewhere`));
  lose(writing, sites.a, "control plane");
  const id = await orderUnplanned(writing);
  expect(await settleTest(writing, id)).toBe("failed");
  const error = await errorOf(writing, id);
  expect(error?.code).toBe("protector.fence.failed");
  expect(error?.detail).toContain("cut off from their volumes: db-01. ");
  expect(error?.detail).toContain(`db-01: not on the array at site-a: ${volume}.`);
  expect(running(writing, "site-b")).toBe(0);
});

test("with nothing of the source answering it is refused before it begins, unless a person says why", async () => {
  const { sites } = await open();
  lose(writing, sites.a, "all");
  const refused = await orderUnplanned(writing);
  expect(await settleTest(writing, refused)).toBe("failed");
  expect((await errorOf(writing, refused))?.code).toBe("protector.fence.reason_required");
  expect(running(writing, "site-b")).toBe(0);
  const id = await orderUnplanned(writing, { reason: REASON });
  expect(await settleTest(writing, id)).toBe("completed");
  const row = await operationRow(writing, id);
  expect(row.data_loss_seconds).toBeGreaterThan(0);
  expect(JSON.stringify(readJson(row.leftovers))).toContain("db-01, app-01, web-01");
  expect(running(writing, "site-b")).toBe(3);
  expect(await owedAt(sites.b)).toEqual(["source.fence", "source.yield"]);
});

test("a source that dies between plan and fence stops it there; resumed with a reason it goes on, and what is owed is done first", async () => {
  const { sites } = await open();
  let bringBack: () => void = () => {};
  const afterCommit = (_id: string, labels: readonly string[]) => {
    if (labels.includes("step look completed")) bringBack = lose(writing, sites.a, "all");
  };
  const engine = sites.engine(sites.b, { observer: { afterCommit } });
  const id = await orderUnplanned(writing);
  expect(await sites.settle(sites.b, id, engine)).toBe("failed");
  const error = await errorOf(writing, id);
  expect([error?.code, error?.detail]).toEqual([
    "protector.fence.failed",
    expect.stringContaining("db-01, app-01, web-01"),
  ]);
  expect(running(writing, "site-b")).toBe(0);
  await sites.ask(sites.b, id, { verb: "resume", as: "unplanned", reason: REASON });
  expect(await sites.settle(sites.b, id, engine)).toBe("completed");
  expect(running(writing, "site-b")).toBe(3);
  bringBack();
  await letBothSitesRest(writing);
  expect(sourceServers(writing).map(({ status, lockedBy }) => [status, lockedBy])).toEqual(
    Array(3).fill(["SHUTOFF", "admin"]),
  );
});

test("abandoned at a failed fence it leaves the source as it was, as soon as that answers", async () => {
  const { sites, group } = await open();
  const stuck = group.servers[1]?.server.id ?? "";
  const service = "site-a/nova";
  const ends = [
    sites.world.conditions.inject({
      service,
      path: new RegExp(`${stuck}/action$`),
      fault: { kind: "refuse", status: 409 },
    }),
    sites.world.conditions.inject({ service: "array-a", method: "DELETE", fault: { kind: "refuse", status: 500 } }),
  ];
  const id = await orderUnplanned(writing);
  expect(await settleTest(writing, id)).toBe("failed");
  expect((await errorOf(writing, id))?.detail).toContain("cut off from their volumes: app-01. ");
  expect(running(writing, "site-a")).toBe(1);
  await sites.ask(sites.b, id, { verb: "abandon", reason: "it was a false alarm" });
  expect(await settleTest(writing, id)).toBe("cancelled");
  for (const end of ends) end();
  await letBothSitesRest(writing);
  expect(sourceServers(writing).map(({ status, lockedBy }) => [status, lockedBy])).toEqual(
    Array(3).fill(["ACTIVE", null]),
  );
  expect([writingAtSource(writing), running(writing, "site-b")]).toEqual([3, 0]);
});

test("a failed fence can be retried once the source answers again", async () => {
  const { sites } = await open();
  let bringBack: () => void = () => {};
  const afterCommit = (_id: string, labels: readonly string[]) => {
    if (labels.includes("step look completed")) bringBack = lose(writing, sites.a, "black hole");
  };
  const id = await orderUnplanned(writing);
  expect(await sites.settle(sites.b, id, sites.engine(sites.b, { observer: { afterCommit } }))).toBe("failed");
  bringBack();
  await sites.ask(sites.b, id, { verb: "retry" });
  expect(await settleTest(writing, id)).toBe("completed");
  expect([running(writing, "site-a"), running(writing, "site-b")]).toEqual([0, 3]);
  expect((await owedAt(sites.b)).filter((kind) => kind.startsWith("source."))).toEqual([]);
});

test("a source behind a network that swallows everything costs less than two minutes until the first server starts", async () => {
  const { sites } = await open();
  lose(writing, sites.a, "black hole");
  const began = sites.clock.now();
  let startedAfter = Number.POSITIVE_INFINITY;
  const transport = beforeFirstServer(writing, () => {
    startedAfter = sites.clock.now() - began;
  });
  const id = await orderUnplanned(writing, { reason: REASON });
  expect(await sites.settle(sites.b, id, sites.engine(sites.b, { transport }))).toBe("completed");
  expect(startedAfter).toBeLessThan(60_000);
  expect(sites.clock.now() - began).toBeLessThan(120_000);
});

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
