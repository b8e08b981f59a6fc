import { expect, test } from "vitest";
import { lookAtPeers } from "../../packages/server/src/engine/watch/peer-reachability.ts";
import { watchReadiness } from "../../packages/server/src/engine/watch/readiness.ts";
import { EngineMetrics } from "../../packages/server/src/main/engine-metrics.ts";
import { registerGroupMetrics } from "../../packages/server/src/main/group-metrics.ts";
import { protectThreeTier } from "../world/protected-group.ts";
import { createTwoSites } from "../world/two-sites.ts";
import { watchPorts } from "./watched-site.ts";

test("each scrape tells lag, RPO, readiness and findings of every group, and how the peers answer", async () => {
  const sites = await createTwoSites();
  const group = await protectThreeTier(sites);
  const { registry } = new EngineMetrics(sites.clock);
  registerGroupMetrics(registry, { connection: sites.a.connection, clock: sites.clock });
  const scrape = async () => {
    const text = await sites.clock.run(registry.metrics());
    const of = (name: string, labels = "") =>
      new RegExp(`^protector_${name}\\{[^}]*group_id="${group.id}"[^}]*role="primary"${labels}\\} (\\S+)$`, "m").exec(
        text,
      )?.[1];
    return { text, of };
  };
  expect((await scrape()).of("group_failover_ready")).toBeUndefined();
  await sites.clock.run(watchReadiness(watchPorts(sites, sites.a)));
  await sites.clock.run(lookAtPeers(watchPorts(sites, sites.a, (name) => name !== "site-b")));
  const before = await scrape();
  expect(before.of("group_rpo_seconds")).toBe("900");
  expect(before.of("group_replication_interval_seconds")).toBe("300");
  expect(before.of("group_failover_ready")).toBe("1");
  expect(before.of("group_in_sync")).toBe("0");
  expect(before.text).toContain('protector_peer_reachable{site="site-b"} 0');
  expect(before.text).toContain("protector_readiness_overdue_seconds 0");
  await sites.a.connection.db.deleteFrom("resource_mappings").where("kind", "=", "flavor").execute();
  await sites.clock.advance(900_000);
  const late = /protector_readiness_overdue_seconds (\d+)/.exec((await scrape()).text)?.[1];
  expect(Number(late)).toBeGreaterThan(100);
  await sites.clock.run(watchReadiness(watchPorts(sites, sites.a)));
  const after = await scrape();
  expect(after.of("group_failover_ready")).toBe("0");
  expect(Number(after.of("group_readiness_findings", ',severity="critical"'))).toBeGreaterThan(0);
  const lag = (each: typeof before) => Number(each.of("group_replication_lag_seconds"));
  expect(lag(after) - lag(before)).toBe(900);
  sites.stop();
});
