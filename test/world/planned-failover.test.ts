import { expect, test } from "vitest";
import { carry, protectThreeTier, run } from "./protected-group.ts";
import { createTwoSites } from "./two-sites.ts";

test("a planned failover moves three servers and loses no write", async () => {
  const sites = await createTwoSites();
  const group = await protectThreeTier(sites);
  const { world, b } = sites;
  for (const { server } of group.servers) world.cloud("site-a").guest(server.id).startWriting(1000);
  const operationId = await run(sites, b, group.id, { type: "failover", mode: "planned" });
  const operation = await b.connection.db.selectFrom("dr_operations").selectAll().where("id", "=", operationId).executeTakeFirstOrThrow();
  console.log(operation.members, operation.recovery_point, operation.downtime_seconds);
  console.log(JSON.stringify(world.problems));
  expect(world.problems).toEqual([]);
  await carry(sites, b, sites.a, group.id);
  sites.stop();
});
