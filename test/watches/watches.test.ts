import { expect, test } from "vitest";
import { readJson } from "../../packages/server/src/db/codecs.ts";
import { Watches } from "../../packages/server/src/engine/watch/watches.ts";
import { protectThreeTier } from "../world/protected-group.ts";
import { createTwoSites } from "../world/two-sites.ts";
import { groupRow, watchPorts } from "./watched-site.ts";

const messaging = { messaging: () => "connected" };

test("two engines of each site watch side by side and agree", async () => {
  const sites = await createTwoSites();
  const group = await protectThreeTier(sites);
  const all = [sites.a, sites.a, sites.b, sites.b].map((site, index) => {
    const ports = watchPorts(sites, site);
    return new Watches({ ...ports, settings: { ...ports.settings, host: `engine-${index}` } }, messaging);
  });
  for (const watches of all) watches.start();
  await sites.clock.advance(30 * 60_000);
  await sites.clock.run(Promise.all(all.map((watches) => watches.stop())));
  expect(sites.events.filter(({ kind }) => kind === "watch_failed")).toEqual([]);
  expect(sites.world.problems).toEqual([]);
  const row = await groupRow(sites.a, group.id);
  expect([row.protection, row.is_failover_ready]).toEqual(["protected", 1]);
  const checkedAt = Date.parse(readJson(row.readiness).checked_at ?? "");
  expect(sites.clock.now() - checkedAt).toBeLessThan(15 * 60_000);
  expect((await sites.b.connection.db.selectFrom("recovery_points").select("id").execute()).length).toBeGreaterThan(5);
  expect((await sites.a.connection.db.selectFrom("engine_services").select("messaging").execute()).length).toBe(2);
  expect(sites.clock.sleeping).toBe(0);
  sites.stop();
});

test("a watch has one round at a time, and a failing one does not stop the others", async () => {
  const sites = await createTwoSites();
  await protectThreeTier(sites);
  const ports = watchPorts(sites, sites.a);
  let atOnce = 0;
  let most = 0;
  let rounds = 0;
  const transport: typeof ports.transport = async (request) => {
    if (request.method !== "GET" || !request.url.endsWith("127.0.0.12:5000/v3")) return ports.transport(request);
    rounds += 1;
    atOnce += 1;
    most = Math.max(most, atOnce);
    await sites.clock.sleep(60_000);
    atOnce -= 1;
    return ports.transport(request);
  };
  sites.world.conditions.inject({ service: "array-b", fault: { kind: "unreachable" } });
  const watches = new Watches({ ...ports, transport }, messaging);
  watches.start();
  await sites.clock.advance(300_000);
  const peer = await sites.a.connection.db
    .selectFrom("sites")
    .selectAll()
    .where("id", "=", sites.b.id)
    .executeTakeFirst();
  expect(peer?.reachability).toBe("reachable");
  expect(most).toBe(1);
  expect(rounds).toBeGreaterThan(2);
  expect(sites.events.some((event) => event.kind === "watch_failed" && event.watch === "recovery-points")).toBe(true);
  const stopped = watches.stop();
  await sites.clock.run(stopped);
  sites.stop();
});
