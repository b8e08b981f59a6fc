import { expect, test } from "vitest";
import { orderFailover, writingGroup } from "./failover-run.ts";

const A_DAY_MS = 86_400_000;

/** A failover at whose end Cinder's services do not hear of the first `lost` groups that they shall create. */
async function failoverWithLostGroups(lost: number) {
  const writing = await writingGroup();
  const { sites } = writing;
  const { volumes } = sites.world.cloud("site-b");
  const usual = volumes.durations;
  let asked = 0;
  sites.world.conditions.latencyOf = (service, method, path) => {
    if (service === "site-b/cinder" && method === "POST" && path.endsWith("/groups")) asked += 1;
    volumes.durations = { ...usual, groupMs: asked <= lost ? A_DAY_MS : usual.groupMs };
    return 0;
  };
  const operationId = await orderFailover(writing);
  const status = await sites.settle(sites.b, operationId, sites.engine(sites.b));
  const step = await sites.b.connection.db
    .selectFrom("dr_operation_steps")
    .select(["status", "error"])
    .where("operation_id", "=", operationId)
    .where("step_key", "=", "cinder_group")
    .executeTakeFirstOrThrow();
  sites.stop();
  return { status, step, groups: sites.world.cloud("site-b").describe().volumeGroups };
}

test("a Cinder group whose creation a restarting broker has lost is made again", async () => {
  const { status, step, groups } = await failoverWithLostGroups(1);
  expect([status, step.status]).toEqual(["completed", "completed"]);
  expect(groups.map((group) => group.status).sort()).toEqual(["available", "creating"]);
});

test("a Cinder that creates no group at all is named, with where to look, and holds nothing up", async () => {
  const { status, step, groups } = await failoverWithLostGroups(2);
  expect([status, step.status]).toEqual(["completed", "skipped"]);
  expect(step.error).toMatch(/twice begun to create group .* check cinder-scheduler, cinder-volume and their broker/);
  expect(groups.map((group) => group.status)).toEqual(["creating", "creating"]);
});
