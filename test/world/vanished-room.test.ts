import type { Plan } from "@protector/contract";
import { expect, test } from "vitest";
import { readOptionalJson } from "../../packages/server/src/db/codecs.ts";
import type { JournalObserver } from "../../packages/server/src/engine/runner/journal.ts";
import { orderFailover, type WritingGroup, writingGroup } from "./failover-run.ts";
import { lostWrites } from "./lost-writes.ts";

/** A failover for which there is room when it is planned; once the last transfer runs, `spoil` takes it away. */
async function struckFailover(spoil: (writing: WritingGroup) => void) {
  const writing = await writingGroup();
  const { sites } = writing;
  const operationId = await orderFailover(writing);
  const observer: JournalObserver = {
    afterCommit: (_operationId, writes) => {
      if (writes.some((write) => write === "step final.wait running")) spoil(writing);
    },
  };
  const engine = sites.engine(sites.b, { observer });
  const status = await sites.settle(sites.b, operationId, engine);
  const { error } = await sites.b.connection.db
    .selectFrom("dr_operations")
    .select("error")
    .where("id", "=", operationId)
    .executeTakeFirstOrThrow();
  return { writing, operationId, engine, status, error: readOptionalJson(error) };
}

function setCores({ sites }: WritingGroup, vcpus: number): void {
  for (const host of sites.world.cloud("site-b").compute.hosts) host.vcpus = vcpus;
}

test("hosts that fill up before the switch stop it there, and rollback brings the servers back to work", async () => {
  const { writing, operationId, engine, status, error } = await struckFailover((each) => setCores(each, 0));
  const { sites, group } = writing;
  expect({ status, code: error?.code, step: error?.step }).toEqual({
    status: "failed",
    code: "protector.capacity.unavailable",
    step: "room.check",
  });
  expect(error?.detail).toContain("m1.medium");
  const markers = sites.world
    .array("array-a")
    .model.describe()
    .volumes.filter(({ name }) => /-e\d+-/.test(name));
  expect(markers).toHaveLength(1);
  await sites.ask(sites.b, operationId, { verb: "rollback" });
  expect(await sites.settle(sites.b, operationId, engine)).toBe("rolled_back");
  sites.stop();
  const cloud = sites.world.cloud("site-a");
  for (const { server } of group.servers) {
    expect(cloud.compute.servers.get(server.id)).toMatchObject({ vmState: "active", lockedBy: undefined });
    expect(cloud.guest(server.id).isRunning).toBe(true);
  }
  expect(sites.world.cloud("site-b").compute.servers.size).toBe(0);
  expect(sites.world.problems).toEqual([]);
});

test("when there is room again, retry goes on from there and no write is lost", async () => {
  const { writing, operationId, engine, status } = await struckFailover((each) => setCores(each, 0));
  const { sites, group } = writing;
  expect(status).toBe("failed");
  setCores(writing, 16);
  await sites.ask(sites.b, operationId, { verb: "retry" });
  expect(await sites.settle(sites.b, operationId, engine)).toBe("completed");
  sites.stop();
  expect(lostWrites(sites, group)).toEqual([]);
});

test("quota that is used up before the switch stops it there with what is missing", async () => {
  const { status, error, writing } = await struckFailover(({ sites }) => {
    sites.world.cloud("site-b").volumes.limitsOf(sites.b.projectId).byType.volumes_replicated = 1;
  });
  writing.sites.stop();
  expect({ status, code: error?.code }).toEqual({ status: "failed", code: "protector.quota.exceeded" });
  expect(error?.detail).toMatch(/needs 5 volumes of type replicated; project \S+ has 1 left of 1/);
});

test("hosts that take some of the servers, and not all of them, are told before anything is touched", async () => {
  const writing = await writingGroup();
  const { sites } = writing;
  const { hosts } = sites.world.cloud("site-b").compute;
  for (const [index, host] of hosts.entries()) host.vcpus = index === 0 ? 2 : 0;
  const operationId = await orderFailover(writing);
  expect(await sites.settle(sites.b, operationId, sites.engine(sites.b))).toBe("failed");
  sites.stop();
  const { error, plan } = await sites.b.connection.db
    .selectFrom("dr_operations")
    .select(["error", "plan"])
    .where("id", "=", operationId)
    .executeTakeFirstOrThrow();
  expect(readOptionalJson(error)?.code).toBe("protector.capacity.unavailable");
  const reasons = readOptionalJson(plan)?.blockers.map(({ reason }) => reason);
  expect(reasons).toEqual([
    expect.stringMatching(/^The hosts at site-b together have 2 VCPU left for 3 servers .* which need \d\.$/),
  ]);
});

test("every plan says that room on hosts cannot be held", async () => {
  const { sites, group } = await writingGroup();
  const operationId = await sites.order(sites.b, group.id, { type: "failover", mode: "planned", isDryRun: true });
  expect(await sites.settle(sites.b, operationId, sites.engine(sites.b))).toBe("completed");
  sites.stop();
  const { plan } = await sites.b.connection.db
    .selectFrom("dr_operations")
    .select("plan")
    .where("id", "=", operationId)
    .executeTakeFirstOrThrow();
  const { blockers, warnings } = readOptionalJson(plan as never) as unknown as Plan;
  expect(blockers).toEqual([]);
  expect(warnings).toContainEqual(
    expect.objectContaining({ check: "capacity.not_held", reason: expect.stringContaining("site-b cannot be held") }),
  );
});
