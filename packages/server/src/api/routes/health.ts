import {
  type ComponentHealth,
  type Health,
  ProtectorError,
  type ReplicationHealth,
  type SiteHealth,
} from "@protector/contract";
import { isoTime, isoTimeOrNull, writeTime } from "../../db/codecs.ts";
import { type EngineServiceRow, listEngineServices } from "../../db/repositories/engine-services.ts";
import { listGroupHealth } from "../../db/repositories/group-health.ts";
import { listSites, type SiteRow } from "../../db/repositories/sites.ts";
import { replicationHealth } from "../../domain/replication-health.ts";
import { callerOf, type Handlers } from "../handler.ts";
import type { ApiPorts } from "../ports.ts";

/** An engine that was not seen for this long is down, ms. */
const ENGINE_ALIVE_MS = 60_000;

/** What is known of both sites, the service and the groups, read from the database alone: it answers when others do not. */
export function healthHandlers(ports: ApiPorts): Handlers<"health.show" | "health.show_own"> {
  return {
    "health.show": async ({ path }) => ({ body: { health: await healthOf(ports, path.project_id) } }),
    "health.show_own": async (call) => {
      const { projectId } = callerOf(call);
      if (projectId === undefined) {
        throw new ProtectorError("project.mismatch", "The token is of no project; name one: /v1/{project_id}/health");
      }
      return { body: { health: await healthOf(ports, projectId) } };
    },
  };
}

async function healthOf(ports: ApiPorts, projectId: string): Promise<Health> {
  const { database, clock, identity } = ports;
  const now = clock.now();
  const [sites, engines, rows] = await Promise.all([
    listSites(database.db),
    listEngineServices(database, ENGINE_ALIVE_MS),
    listGroupHealth(database.db, { projectId }),
  ]);
  const groups = rows.map((row) => replicationHealth(row, { localSiteId: identity.siteId, now }));
  const components = componentsOf(ports, engines);
  const count = (is: (group: ReplicationHealth) => boolean) => groups.filter(is).length;
  return {
    status: statusOf(sites, components, groups),
    checked_at: isoTime(writeTime(now)),
    sites: sites.map(siteOf),
    components,
    counts: {
      protection_groups: groups.length,
      failover_ready: count((group) => group.failover_ready === true),
      rpo_met: count((group) => group.is_rpo_met === true),
      in_sync: count((group) => group.sync_status === "IN SYNC"),
    },
    protection_groups: [...groups].sort((a, b) => danger(b) - danger(a)),
  };
}

function siteOf(site: SiteRow): SiteHealth {
  const isLocal = site.is_local === 1;
  return {
    id: site.id,
    name: site.name,
    is_local: isLocal,
    status: isLocal ? "reachable" : site.reachability,
    reason: site.reachability_reason,
    seen_at: isoTimeOrNull(site.reachability_at),
  };
}

function componentsOf({ bus }: ApiPorts, engines: readonly EngineServiceRow[]): ComponentHealth[] {
  const isConnected = bus.state() !== "reconnecting";
  const none = "No engine of this site has ever been seen: nothing is looked at and no operation runs.";
  return [
    { name: "protector-api", host: null, status: "up", reason: null, seen_at: null },
    { name: "database", host: null, status: "up", reason: null, seen_at: null },
    {
      name: "messaging",
      host: null,
      status: isConnected ? "up" : "degraded",
      reason: isConnected ? null : "RabbitMQ does not answer: engines find work by their sweep, a little later.",
      seen_at: null,
    },
    ...engines.map(engineOf),
    ...(engines.length === 0
      ? [{ name: "protector-engine", host: null, status: "down", reason: none, seen_at: null } as const]
      : []),
  ];
}

function engineOf({ host, is_alive, messaging, seen_at }: EngineServiceRow): ComponentHealth {
  const base = { name: "protector-engine", host, seen_at: isoTime(seen_at) } as const;
  if (is_alive !== 1) return { ...base, status: "down", reason: "It has not been seen for a minute." };
  if (messaging !== "reconnecting") return { ...base, status: "up", reason: null };
  return { ...base, status: "degraded", reason: "It does not reach RabbitMQ, and finds work by its sweep." };
}

/** An engine that is down is no danger while another one of the site works. */
function statusOf(
  sites: readonly SiteRow[],
  components: readonly ComponentHealth[],
  groups: readonly ReplicationHealth[],
): Health["status"] {
  const hasEngine = components.some(({ name, status }) => name === "protector-engine" && status !== "down");
  if (!hasEngine || groups.some((group) => danger(group) >= DANGER.critical)) return "critical";
  const isAllUp = components.every(({ status }) => status === "up");
  const isAnswered = sites.every(({ is_local, reachability }) => is_local === 1 || reachability === "reachable");
  return isAllUp && isAnswered && groups.every((group) => danger(group) === DANGER.none) ? "ok" : "warning";
}

const DANGER = { critical: 2, warning: 1, none: 0 } as const;

function danger(group: ReplicationHealth): number {
  if (group.failover_ready === false || group.critical_findings > 0) return DANGER.critical;
  const isCalm = group.is_rpo_met !== false && group.sync_status === "IN SYNC" && group.warnings === 0;
  return isCalm && group.failover_ready === true ? DANGER.none : DANGER.warning;
}
