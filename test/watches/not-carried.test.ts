import type { HttpTransport } from "@protector/ports";
import { seedBackup, seedPool, seedSnapshot } from "@protector/simulator";
import { afterEach, expect, test } from "vitest";
import { readJson } from "../../packages/server/src/db/codecs.ts";
import { watchReadiness } from "../../packages/server/src/engine/watch/readiness.ts";
import { type ProtectedGroup, protectThreeTier } from "../world/protected-group.ts";
import { createTwoSites, type TwoSites } from "../world/two-sites.ts";
import { groupRow, watchPorts } from "./watched-site.ts";

let sites: TwoSites;
let group: ProtectedGroup;
afterEach(() => sites.stop());

/** Looks at the group; answers what is told of things that stay behind, and the calls that were made for it. */
async function look() {
  const asked: string[] = [];
  const ports = watchPorts(sites, sites.a);
  const transport: HttpTransport = (request) => {
    const { pathname } = new URL(request.url);
    if (/(snapshots|backups).detail|lbaas/.test(pathname)) asked.push(pathname.replace(/[0-9a-f-]{32,36}/g, ":id"));
    return ports.transport(request);
  };
  await sites.clock.advance(900_000);
  await sites.clock.run(watchReadiness({ ...ports, transport }));
  const { checks } = readJson((await groupRow(sites.a, group.id)).readiness);
  const told = checks
    .filter(({ check, subject }) => check.startsWith("not_carried") && subject !== "shop")
    .map(({ subject, severity, reason }) => `${subject} ${severity}: ${reason}`);
  return { told, asked };
}

test("what stands beside a server and stays behind is named once for each, by one list for all of them", async () => {
  sites = await createTwoSites();
  group = await protectThreeTier(sites);
  const cloud = sites.world.cloud("site-a");
  expect((await look()).told).toEqual([]);
  const [db, app, web] = group.servers;
  const data = db?.volumes[1];
  if (!data || !app || !web) throw new Error("three servers, the first with two volumes");
  seedSnapshot(cloud, data, "before-upgrade");
  seedSnapshot(cloud, data, "nightly");
  seedBackup(cloud, data, "weekly");
  const { project } = sites.a.tenant;
  seedPool(cloud, { name: "shop-front", project, ports: [...app.ports.slice(0, 1), ...web.ports] });
  seedPool(cloud, { name: "empty", project, ports: [] });
  const { told, asked } = await look();
  const addressOf = ({ ports }: typeof app) => ports[0]?.fixedIps[0]?.address;
  expect(told).toEqual([
    "db-01 info: Not carried by a recovery: 2 snapshots of db-01-data (nightly, before-upgrade); 1 backup of db-01-data (weekly).",
    `app-01 info: Not carried by a recovery: membership in load-balancer pool shop-front (${addressOf(app)}:80).`,
    `web-01 info: Not carried by a recovery: membership in load-balancer pool shop-front (${addressOf(web)}:80).`,
  ]);
  expect(asked.toSorted()).toEqual([
    "/v2.0/lbaas/pools",
    "/v2.0/lbaas/pools/:id/members",
    "/v3/:id/backups/detail",
    "/v3/:id/snapshots/detail",
  ]);
});

test("what may not be looked at is said, and keeps nothing else from being looked at", async () => {
  sites = await createTwoSites();
  group = await protectThreeTier(sites);
  sites.world.cloud("site-a").offerLoadBalancers();
  sites.world.conditions.inject({ service: "site-a/octavia", fault: { kind: "refuse", status: 403 } });
  const { told } = await look();
  expect(told).toHaveLength(1);
  expect(told[0]).toContain("site-a info: Load balancers at site-a could not be looked at");
  expect(readJson((await groupRow(sites.a, group.id)).readiness).checks.map(({ check }) => check)).not.toContain(
    "readiness.look",
  );
});
