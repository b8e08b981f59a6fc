import type { Clock } from "@protector/ports";
import { Gauge, type Registry } from "prom-client";
import { readTime } from "../db/codecs.ts";
import type { DatabaseConnection } from "../db/connection.ts";
import { type GroupHealthRow, listGroupHealth } from "../db/repositories/group-health.ts";
import { findLocalSite, listPeerSites } from "../db/repositories/sites.ts";
import { replicationHealth } from "../domain/replication-health.ts";

/** Where the figures come from. */
export interface GroupMetricsSources {
  readonly connection: DatabaseConnection;
  readonly clock: Clock;
}

const OF_GROUP = ["project_id", "group_id", "group", "role"] as const;
type GroupLabel = (typeof OF_GROUP)[number];

/** The gauges of one scrape. */
interface Gauges {
  readonly lag: Gauge<GroupLabel>;
  readonly rpo: Gauge<GroupLabel>;
  readonly interval: Gauge<GroupLabel>;
  readonly ready: Gauge<GroupLabel>;
  readonly inSync: Gauge<GroupLabel>;
  readonly findings: Gauge<GroupLabel | "severity">;
  readonly half: Gauge<GroupLabel | "array">;
  readonly peer: Gauge<"site">;
  readonly overdue: Gauge;
}

/**
 * How well every group of the site is protected, and how its peers answer: read from the database at each scrape, so every
 * engine of a site tells the same. A database that does not answer leaves the gauges empty.
 */
export function registerGroupMetrics(registry: Registry, sources: GroupMetricsSources): void {
  let underWay: Promise<void> | undefined;
  // All gauges of one scrape wait for the same reading.
  const collect = () => {
    underWay ??= refill(gauges, sources)
      .catch(() => {})
      .finally(() => {
        underWay = undefined;
      });
    return underWay;
  };
  const common = { registers: [registry], collect };
  const ofGroup = (name: string, help: string) => new Gauge({ ...common, name, help, labelNames: OF_GROUP });
  const gauges: Gauges = {
    lag: ofGroup(
      "protector_group_replication_lag_seconds",
      "Age of the newest data that a recovery would bring back; none without a complete recovery point",
    ),
    rpo: ofGroup("protector_group_rpo_seconds", "Largest data loss that the group's policy accepts"),
    interval: ofGroup("protector_group_replication_interval_seconds", "Seconds between scheduled recovery points"),
    ready: ofGroup("protector_group_failover_ready", "1 = the last readiness run found nothing critical, else 0"),
    inSync: ofGroup("protector_group_in_sync", "1 = both sites hold the same description of the group, else 0"),
    findings: new Gauge({
      ...common,
      name: "protector_group_readiness_findings",
      help: "What readiness finds of the group now, by severity",
      labelNames: [...OF_GROUP, "severity"],
    }),
    half: new Gauge({
      ...common,
      name: "protector_group_pod_half_online",
      help: "Of a group in a pod: 1 = the pod is online at that array, else 0",
      labelNames: [...OF_GROUP, "array"],
    }),
    peer: new Gauge({
      ...common,
      name: "protector_peer_reachable",
      help: "1 = Keystone and Protector of the other site answered the last look, 0 = they did not",
      labelNames: ["site"],
    }),
    overdue: new Gauge({
      ...common,
      name: "protector_readiness_overdue_seconds",
      help: "For how long the group that waits longest for its readiness run has been due; 0 = none waits",
    }),
  };
}

async function refill(gauges: Gauges, { connection, clock }: GroupMetricsSources): Promise<void> {
  for (const gauge of Object.values(gauges)) gauge.reset();
  const now = clock.now();
  const local = await findLocalSite(connection.db);
  const rows = await listGroupHealth(connection.db);
  for (const row of rows) tell(gauges, row, { localSiteId: local?.id ?? "", now });
  for (const { name, reachability } of await listPeerSites(connection.db)) {
    if (reachability !== "unknown") gauges.peer.set({ site: name }, reachability === "reachable" ? 1 : 0);
  }
  const dueFor = rows.map(({ readiness_due_at: at }) => (at === null ? 0 : now - readTime(at)));
  gauges.overdue.set(Math.round(dueFor.reduce((most, ms) => Math.max(most, ms), 0) / 1000));
}

/** Groups without a policy replicate nothing: there is nothing to tell of them. */
function tell(gauges: Gauges, row: GroupHealthRow, at: { readonly localSiteId: string; readonly now: number }): void {
  const health = replicationHealth(row, at);
  if (health.rpo_minutes === null || row.replication_interval === null) return;
  const role = health.is_primary_here ? "primary" : "standby";
  const labels = { project_id: row.project_id, group_id: row.id, group: row.name, role };
  if (health.replication_lag_seconds !== null) gauges.lag.set(labels, health.replication_lag_seconds);
  gauges.rpo.set(labels, health.rpo_minutes * 60);
  gauges.interval.set(labels, row.replication_interval);
  if (health.failover_ready !== null) gauges.ready.set(labels, health.failover_ready ? 1 : 0);
  gauges.inSync.set(labels, health.sync_status === "IN SYNC" ? 1 : 0);
  for (const { array, status } of health.pod?.halves ?? [])
    gauges.half.set({ ...labels, array }, status === "online" ? 1 : 0);
  gauges.findings.set({ ...labels, severity: "critical" }, health.critical_findings);
  gauges.findings.set({ ...labels, severity: "warning" }, health.warnings);
}
