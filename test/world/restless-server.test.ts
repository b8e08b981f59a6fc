import { connectCloud } from "@protector/openstack";
import { expect, test } from "vitest";
import type { JournalObserver } from "../../packages/server/src/engine/runner/journal.ts";
import { orderFailover, type WritingGroup, writingGroup } from "./failover-run.ts";
import { lostWrites } from "./lost-writes.ts";

/** Somebody with an administrator's rights at the source unlocks a stopped server and starts it again. */
async function startBehindItsBack({ sites, group }: WritingGroup): Promise<void> {
  const { world, clock, random } = sites;
  const scope = { kind: "project", projectName: "admin", projectDomainName: "Default" } as const;
  const credential = {
    kind: "password",
    username: "admin",
    password: "labadmin",
    userDomainName: "Default",
    scope,
  } as const;
  const { compute } = connectCloud(
    { authUrl: world.cloud("site-a").authUrl, credential },
    { transport: world.transport, clock, random },
  );
  const [first] = group.servers;
  await compute.unlockServer(first?.server.id ?? "");
  await compute.startServer(first?.server.id ?? "");
}

test("a server that is started again after the final cut is stopped and cut again: its writes arrive too", async () => {
  const writing = await writingGroup();
  const { sites, group } = writing;
  const operationId = await orderFailover(writing);
  let started: Promise<void> | undefined;
  const observer: JournalObserver = {
    afterCommit: (_operationId, writes) => {
      if (writes.some((write) => write === "step final.wait running")) started ??= startBehindItsBack(writing);
    },
  };
  const status = await sites.settle(sites.b, operationId, sites.engine(sites.b, { observer }), 3_600_000);
  await started;
  sites.stop();
  expect(status).toBe("completed");
  expect(lostWrites(sites, group)).toEqual([]);
  expect(sites.world.problems).toEqual([]);
  const steps = await sites.b.connection.db
    .selectFrom("dr_operation_steps")
    .select("attempt")
    .where("operation_id", "=", operationId)
    .where("step_key", "=", "final.cut")
    .execute();
  expect(steps).toEqual([{ attempt: 2 }]);
});
