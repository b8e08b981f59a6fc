import { writesOf } from "@protector/simulator";
import { afterEach, expect, test } from "vitest";
import { readOptionalJson } from "../../packages/server/src/db/codecs.ts";
import { orderFailover, outcomeOf, type WritingGroup } from "./failover-run.ts";
import { groupRow } from "./homeward-run.ts";
import { lostWrites } from "./lost-writes.ts";
import { run } from "./protected-group.ts";
import { isScheduled, loseWithArray, podGroups, writingSyncGroup } from "./sync-run.ts";
import { operationRow, orderCleanup, orderTest, settleTest, targetCloud } from "./test-run.ts";
import { errorOf, lose, orderUnplanned, REASON, running, writersAtEachStart } from "./unplanned-run.ts";

let writing: WritingGroup;
const open = async (count?: number) => {
  writing = await writingSyncGroup(count);
  return writing;
};
afterEach(() => writing.sites.stop());

test("a planned failover misses no write, transfers nothing, and leaves the pod as it was", async () => {
  const { sites } = await open();
  const id = await orderFailover(writing);
  const status = await settleTest(writing, id);
  const { error, data_loss_seconds } = await operationRow(writing, id);
  expect({ status, error, data_loss_seconds }).toEqual({ status: "completed", error: null, data_loss_seconds: 0 });
  expect(await groupRow(writing, "b")).toMatchObject({ status: "failed_over", protection: "unprotected", pod: null });
  const [a, b] = sites.world.describe().arrays;
  expect([...(a?.points ?? []), ...(b?.points ?? [])].filter(({ name }) => name.includes("array-a:"))).toEqual([]);
  expect(podGroups(writing, "array-b").map(({ members }) => members.length)).toEqual([5]);
  expect(isScheduled(writing, "array-b")).toBe(false);
  const { lost, problems } = await outcomeOf(writing, status);
  expect({ lost, problems }).toEqual({ lost: [], problems: [] });
});

test.each(["all", "control plane", "nothing"] as const)(
  "an unplanned failover has every write that was acknowledged, with %s of site A lost",
  async (loss) => {
    const { sites } = await open();
    if (loss === "all") loseWithArray(writing);
    else if (loss !== "nothing") lose(writing, sites.a, loss);
    const writers = loss === "all" ? [0, 0, 0] : writersAtEachStart(writing);
    const id = await orderUnplanned(writing, loss === "all" ? { reason: REASON } : {});
    const status = await settleTest(writing, id);
    const { error, data_loss_seconds } = await operationRow(writing, id);
    expect({ status, error, data_loss_seconds }).toEqual({ status: "completed", error: null, data_loss_seconds: 0 });
    expect(lostWrites(sites, writing.group)).toEqual([]);
    expect(writers).toEqual([0, 0, 0]);
    expect(running(writing, "site-b")).toBe(3);
    expect(sites.world.problems).toEqual([]);
  },
);

test("hosts that reach the pod through either array are cut off from both", async () => {
  writing = await writingSyncGroup(2, { isUniform: true });
  const { sites, group } = writing;
  const paths = () => {
    const disks = group.servers.flatMap(({ volumes }) => volumes.map(({ providerId }) => providerId ?? ""));
    return ["array-a", "array-b"].map((array) =>
      disks.reduce((sum, disk) => sum + (sites.world.array(array).model.findVolume(disk)?.hosts.length ?? 0), 0),
    );
  };
  expect(Math.min(...paths())).toBeGreaterThan(0);
  lose(writing, sites.a, "control plane");
  const id = await orderUnplanned(writing);
  expect(await settleTest(writing, id)).toBe("completed");
  expect(paths()).toEqual([0, 0]);
  expect(lostWrites(sites, group)).toEqual([]);
});

test("neither array has the last word when each says that it alone has the pod; an older point can be chosen", async () => {
  const { sites } = await open(1);
  await run(sites, sites.a, writing.group.id, { type: "sync" });
  await sites.clock.advance(120_000);
  const [link] = sites.world.links;
  if (link) link.isUp = false;
  await sites.clock.advance(60_000);
  sites.world.array("array-a").model.forcePodOnline("cinder-pod");
  sites.world.array("array-b").model.forcePodOnline("cinder-pod");
  const refused = await orderUnplanned(writing);
  expect(await settleTest(writing, refused)).toBe("failed");
  expect((await errorOf(writing, refused))?.code).toBe("protector.pod.split_brain");
  expect(running(writing, "site-b")).toBe(0);
  const points = await sites.b.connection.db.selectFrom("recovery_points").select("name").execute();
  const id = await orderUnplanned(writing, { recovery_point: points[0]?.name });
  expect(await settleTest(writing, id)).toBe("completed");
  expect((await operationRow(writing, id)).data_loss_seconds).toBeGreaterThan(100);
});

test("a half that is not online is no place to recover from", async () => {
  const { sites } = await open(1);
  const [link] = sites.world.links;
  sites.world.array("array-a").model.preferForPod("cinder-pod", ["array-a"]);
  if (link) link.isUp = false;
  await sites.clock.advance(60_000);
  const id = await orderUnplanned(writing);
  expect(await settleTest(writing, id)).toBe("failed");
  expect((await errorOf(writing, id))?.code).toBe("protector.pod.half_not_online");
});

test("a planned failover whose source dies goes on without it, from all that was written", async () => {
  const { sites } = await open();
  const id = await orderFailover(writing);
  let isDown = false;
  const afterCommit = (_id: string, labels: readonly string[]) => {
    if (!labels.some((label) => /^step lock\..* completed/.test(label))) return;
    if (!isDown) loseWithArray(writing);
    isDown = true;
  };
  await sites.settle(sites.b, id, sites.engine(sites.b, { observer: { afterCommit } }), 1_200_000);
  await sites.ask(sites.b, id, { verb: "resume", as: "unplanned", reason: REASON });
  expect(await settleTest(writing, id)).toBe("completed");
  expect((await operationRow(writing, id)).data_loss_seconds).toBe(0);
  expect(lostWrites(sites, writing.group)).toEqual([]);
});

/** Points of tests in the pod, as an array shows them. */
function testPoints(name: "array-a" | "array-b") {
  const array = writing.sites.world.describe().arrays.find((each) => each.name === name);
  return array?.points.filter((point) => !point.isDestroyed && /-t-0$/.test(point.name)).map((point) => point.name);
}

test("a test shows the state of now, on a point of its own that its clean-up deletes, and leaves the rest of the pod", async () => {
  const { sites, group } = await open();
  const before = targetCloud(sites.world.describe());
  const pod = podGroups(writing, "array-a");
  const written = () => group.servers.map(({ server }) => sites.world.cloud("site-a").guest(server.id).sequence);
  const [least = 0] = written().toSorted((a, b) => a - b);
  const id = await orderTest(writing);
  const status = await settleTest(writing, id);
  const { error, data_loss_seconds, recovery_point, plan } = await operationRow(writing, id);
  expect({ status, error, data_loss_seconds }).toEqual({ status: "completed", error: null, data_loss_seconds: 0 });
  expect(readOptionalJson(plan)?.warnings.map(({ check }) => check)).toContain("test.own_point");
  expect(testPoints("array-b")).toEqual([expect.stringContaining(`.${recovery_point}`)]);
  expect(running(writing, "site-b")).toBe(3);
  const { guests, compute } = sites.world.cloud("site-b");
  for (const { id: copy } of compute.servers.values()) {
    const found = guests.find(copy)?.bootRecords[0]?.disks.flatMap((disk) => writesOf(disk.content)) ?? [];
    expect(Math.max(...found.map(({ sequence }) => sequence))).toBeGreaterThanOrEqual(least);
  }
  expect(await settleTest(writing, await orderCleanup(writing))).toBe("completed");
  expect(targetCloud(sites.world.describe())).toEqual(before);
  expect([podGroups(writing, "array-a"), testPoints("array-a"), testPoints("array-b")]).toEqual([pod, [], []]);
  expect(sites.world.problems).toEqual([]);
});

test("promoted, a test's own point is recovered from, though the test has to give way, and goes afterwards", async () => {
  const { sites, group } = await open();
  const tested = await orderTest(writing);
  expect(await settleTest(writing, tested)).toBe("completed");
  const { recovery_point } = await operationRow(writing, tested);
  sites.world.cloud("site-b").compute.limitsOf(sites.b.projectId).instances = 3;
  loseWithArray(writing);
  const id = await orderUnplanned(writing, { promotes: tested, reason: REASON });
  expect([await settleTest(writing, id), await errorOf(writing, id)]).toEqual(["completed", null]);
  expect([(await operationRow(writing, id)).recovery_point, running(writing, "site-b")]).toEqual([recovery_point, 3]);
  await run(sites, sites.b, group.id, { type: "test_cleanup" });
  expect([testPoints("array-b"), running(writing, "site-b")]).toEqual([[], 3]);
});

test("a half of the pod that is not online serves no test, and the plan says so before anything is made", async () => {
  const { sites } = await open(1);
  const [link] = sites.world.links;
  if (link) link.isUp = false;
  await sites.clock.advance(60_000);
  const id = await orderTest(writing);
  expect([await settleTest(writing, id), (await errorOf(writing, id))?.code]).toEqual([
    "failed",
    "protector.pod.half_not_online",
  ]);
  expect([sites.world.cloud("site-b").compute.servers.size, testPoints("array-b")]).toEqual([0, []]);
});
