import { expect, test } from "vitest";
import { orderFailover, type WritingGroup, writingGroup } from "./failover-run.ts";
import { lostWrites } from "./lost-writes.ts";

/** Cinder at the target leaves `manage` to administrators, as it comes out of the box. */
async function closedTarget(): Promise<WritingGroup> {
  const writing = await writingGroup();
  writing.sites.world.cloud("site-b").volumes.memberMayManage = false;
  return writing;
}

function operationOf({ sites }: WritingGroup, id: string) {
  return sites.b.connection.db
    .selectFrom("dr_operations")
    .select(["status", "status_reason", "error"])
    .where("id", "=", id)
    .executeTakeFirstOrThrow();
}

test("where members may not manage, the service user does with its role in the project", async () => {
  const writing = await closedTarget();
  const { sites, group } = writing;
  const { identity } = sites.world.cloud("site-b");
  identity.grant(sites.b.tenant.basics.serviceUser.id, sites.b.projectId, identity.roleNamed("admin")?.id ?? "");
  const operationId = await orderFailover(writing);
  expect(await sites.settle(sites.b, operationId, sites.engine(sites.b))).toBe("completed");
  sites.stop();
  expect(lostWrites(sites, group)).toEqual([]);
});

test("where nobody may manage, the failover says which call is forbidden, and goes on after the cure without starting over", async () => {
  const writing = await closedTarget();
  const { sites, group } = writing;
  const operationId = await orderFailover(writing);
  const engine = sites.engine(sites.b);
  const status = await sites.settle(sites.b, operationId, engine);
  const struck = await operationOf(writing, operationId);
  expect(["failed", "completed_with_errors"]).toContain(status);
  const { error } = await sites.b.connection.db
    .selectFrom("dr_operation_steps")
    .select("error")
    .where("operation_id", "=", operationId)
    .where("status", "=", "failed")
    .where("action", "=", "volume.recover")
    .executeTakeFirstOrThrow();
  expect(error).toContain("protector.cloud.forbidden");
  expect(error).toMatch(/cinder POST \S*manage\S*: HTTP 403/);
  sites.world.cloud("site-b").volumes.memberMayManage = true;
  await sites.ask(sites.b, operationId, { verb: "retry" });
  expect(await sites.settle(sites.b, operationId, engine)).toBe("completed");
  sites.stop();
  expect(struck.status).toBe(status);
  expect(lostWrites(sites, group)).toEqual([]);
  const cut = await sites.b.connection.db
    .selectFrom("dr_operation_steps")
    .select("attempt")
    .where("operation_id", "=", operationId)
    .where("step_key", "=", "final.cut")
    .executeTakeFirstOrThrow();
  expect(cut.attempt).toBe(1);
});
