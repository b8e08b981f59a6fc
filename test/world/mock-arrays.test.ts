import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ReplicationType } from "@protector/contract";
import type { SeededServer } from "@protector/simulator";
import { afterEach, expect, test } from "vitest";
import { readOptionalJson } from "../../packages/server/src/db/codecs.ts";
import { mockDriver } from "../../packages/storage/src/index.ts";
import type { WritingGroup } from "./failover-run.ts";
import { protectThreeTier } from "./protected-group.ts";
import { operationRow, orderCleanup, orderTest, settleTest } from "./test-run.ts";
import { createTwoSites } from "./two-sites.ts";
import { lose, orderUnplanned, REASON, running } from "./unplanned-run.ts";

const directory = mkdtempSync(join(tmpdir(), "protector-mock-world-"));
let writing: WritingGroup | undefined;

afterEach(() => {
  writing?.sites.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** A group on mock arrays; Cinder keeps its volumes somewhere that no array of the policy is, with a type that is not replicated. */
async function mockGroup({
  withImages,
  ...how
}: {
  readonly withImages: boolean;
  readonly replicationType?: ReplicationType;
}): Promise<WritingGroup> {
  const sites = await createTwoSites(1, { engines: () => ({ mockDirectory: directory }) });
  const { imageId } = sites.b.tenant.basics;
  const prepare = (servers: readonly SeededServer[]) => {
    for (const { volumes } of servers) {
      for (const volume of volumes.filter(({ isBootable }) => isBootable)) {
        volume.imageMetadata = { ...volume.imageMetadata, image_id: withImages ? imageId : "gone" };
      }
    }
  };
  writing = { sites, group: await protectThreeTier(sites, { prepare, ...how }) };
  return writing;
}

function volumesAt(site: "site-a" | "site-b") {
  return [...(writing?.sites.world.cloud(site).volumes.volumes.values() ?? [])];
}

test("on mock arrays a group is tested, cleaned up and failed over: Cinder makes the volumes, root volumes from their images", async () => {
  const mock = await mockGroup({ withImages: true });
  const { sites, group } = mock;
  const tested = await orderTest(mock);
  expect(await settleTest(mock, tested)).toBe("completed");
  expect(volumesAt("site-b").length).toBe(volumesAt("site-a").length);
  expect(await settleTest(mock, await orderCleanup(mock))).toBe("completed");
  expect(volumesAt("site-b")).toEqual([]);

  const moved = await sites.order(sites.b, group.id, { type: "failover", mode: "planned" });
  expect(await settleTest(mock, moved)).toBe("completed");
  expect(running(mock, "site-b")).toBe(3);
  const made = volumesAt("site-b");
  expect(made.map(({ sizeGiB }) => sizeGiB).toSorted()).toEqual(
    volumesAt("site-a")
      .map(({ sizeGiB }) => sizeGiB)
      .toSorted(),
  );
  const array = mockDriver({ directory, arrays: [], clock: sites.clock, random: sites.random }).connect({
    url: "mock://array-b",
    apiToken: "",
    tls: {},
  });
  expect(await array.findVolumes(made.map(({ id }) => `volume-${id}`))).toHaveLength(made.length);
  expect(sites.world.problems).toEqual([]);
});

test("a bootable volume whose image is not at the other site refuses the test by name before anything is made", async () => {
  const mock = await mockGroup({ withImages: false });
  const tested = await orderTest(mock);
  expect(await settleTest(mock, tested)).not.toBe("completed");
  const { db } = mock.sites.b.connection;
  const { error } = await db
    .selectFrom("dr_operations")
    .select("error")
    .where("id", "=", tested)
    .executeTakeFirstOrThrow();
  expect(readOptionalJson(error)).toMatchObject({
    code: "protector.mapping.image_unmapped",
    detail: expect.stringContaining("(gone) is not mapped to site-b"),
  });
});

test("a mock array cuts nothing off: without Nova an unplanned failover wants a reason", async () => {
  const mock = await mockGroup({ withImages: true });
  const { sites, group } = mock;
  lose(mock, sites.a, "control plane");
  const blocked = await orderUnplanned(mock);
  expect(await settleTest(mock, blocked)).toBe("failed");
  const { error } = await operationRow(mock, blocked);
  expect(readOptionalJson(error)?.code).toBe("protector.fence.reason_required");
  const id = await orderUnplanned(mock, { reason: REASON });
  expect(await settleTest(mock, id)).toBe("completed");
  expect(running(mock, "site-b")).toBe(group.servers.length);
});

test("a group in a pod of two mock arrays is tested and fails over, with what its images hold", async () => {
  const mock = await mockGroup({ withImages: true, replicationType: "sync" });
  const { sites } = mock;
  expect(await settleTest(mock, await orderTest(mock))).toBe("completed");
  expect(await settleTest(mock, await orderCleanup(mock))).toBe("completed");
  lose(mock, sites.a, "all");
  const id = await orderUnplanned(mock, { reason: REASON });
  const { error } = await operationRow(mock, id);
  expect([await settleTest(mock, id), error]).toEqual(["completed", null]);
  expect(running(mock, "site-b")).toBe(3);
  expect((await operationRow(mock, id)).data_loss_seconds).toBe(0);
});
