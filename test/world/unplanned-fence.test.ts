import { afterEach, expect, test } from "vitest";
import { readJson } from "../../packages/server/src/db/codecs.ts";
import { arrayAt } from "../watches/watched-site.ts";
import { type WritingGroup, writingGroup } from "./failover-run.ts";
import { operationRow, settleTest } from "./test-run.ts";
import {
  beforeFirstServer,
  errorOf,
  letBothSitesRest,
  lose,
  orderUnplanned,
  owedAt,
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
