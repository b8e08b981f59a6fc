import { expect, test } from "vitest";
import type { JournalObserver } from "../../packages/server/src/engine/runner/journal.ts";
import { orderFailover, writingGroup } from "./failover-run.ts";
import { lostWrites } from "./lost-writes.ts";

/** A failover in which the first `failures` servers that Nova builds at the target go to ERROR. */
async function failoverWithFailedBuilds(failures: number) {
  const writing = await writingGroup();
  const { sites } = writing;
  const cloud = sites.world.cloud("site-b");
  const operationId = await orderFailover(writing);
  let left = failures;
  const struck = new Set<string>();
  const observer: JournalObserver = {
    afterCommit: (_operationId, writes) => {
      if (!writes.some((write) => /^step active\.\S+ running$/.test(write))) return;
      for (const server of cloud.compute.servers.values()) {
        if (left === 0 || server.vmState !== "building") continue;
        left -= 1;
        struck.add(server.id);
        server.vmState = "error";
        server.taskState = null;
        server.fault = { code: 500, message: "Build of instance aborted: (HTTP 401)", at: sites.clock.now() };
      }
    },
  };
  const engine = sites.engine(sites.b, { observer });
  const settle = () => sites.settle(sites.b, operationId, engine);
  return { writing, operationId, struck, settle, status: await settle() };
}

test("a server that fails while Nova builds it is built again from the same volumes, and no write is lost", async () => {
  const { writing, struck, status } = await failoverWithFailedBuilds(1);
  const { sites, group } = writing;
  sites.stop();
  expect(struck.size).toBe(1);
  expect(status).toBe("completed");
  const servers = [...sites.world.cloud("site-b").compute.servers.values()];
  expect(servers.filter(({ id }) => struck.has(id))).toEqual([]);
  expect(servers.map(({ vmState }) => vmState)).toEqual(group.servers.map(() => "active"));
  expect(lostWrites(sites, group)).toEqual([]);
  expect(sites.world.problems).toEqual([]);
});

test("one that fails every time leaves its member behind, and retry builds it again", async () => {
  const { writing, operationId, struck, settle, status } = await failoverWithFailedBuilds(3);
  const { sites, group } = writing;
  expect(struck.size).toBe(3);
  expect(status).not.toBe("completed");
  await sites.ask(sites.b, operationId, { verb: "retry" });
  expect(await settle()).toBe("completed");
  sites.stop();
  expect(lostWrites(sites, group)).toEqual([]);
});
