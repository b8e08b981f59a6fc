import type { Router } from "../../http/router.ts";
import { forbidden, policyForbids } from "../core/api-error.ts";
import { type Call, isTrue, ok, requireAdmin } from "../core/call.ts";
import { isObject, objectAt } from "../core/json.ts";
import { microsecondsTime } from "../core/times.ts";
import type { VolumeState } from "./volume-state.ts";

/** `/os-services`, `/scheduler-stats/get_pools`, `/os-quota-sets`, `/limits`, `/os-availability-zone`. */
export function routeServicesAndQuotas(router: Router<Call>, state: VolumeState): void {
  router
    .on("GET", "/os-services", (call) => {
      if (!call.caller.isAdmin && !state.memberMayManage) throw policyForbids("volume_extension:services:index");
      // The policy passes, then the database layer's own administrator check refuses.
      if (!call.caller.isAdmin) throw forbidden("User does not have admin privileges");
      return ok({ services: serviceViews(state) });
    })
    .on("GET", "/scheduler-stats/get_pools", (call) => {
      requireAdmin(call, "scheduler_extension:scheduler_stats:get_pools");
      const isDetailed = isTrue(call.query.get("detail"));
      return ok({ pools: state.backends.map((backend) => poolView(state, backend, isDetailed)) });
    })
    .on("GET", "/os-quota-sets/:project", (call, { project = "" }) => {
      if (!call.caller.isAdmin && call.caller.projectId !== project)
        throw policyForbids("volume_extension:quotas:show");
      return ok({ quota_set: { id: project, ...quotaView(state, project, isTrue(call.query.get("usage"))) } });
    })
    .on("PUT", "/os-quota-sets/:project", (call, { project = "" }) => {
      requireAdmin(call, "volume_extension:quotas:update");
      const limits = state.limitsOf(project);
      for (const [key, value] of Object.entries(objectAt(call.body, "quota_set"))) {
        if (typeof value !== "number") continue;
        if (key === "volumes" || key === "gigabytes" || key === "snapshots" || key === "groups") limits[key] = value;
        else limits.byType[key] = value;
      }
      return ok({ quota_set: quotaView(state, project, false) });
    })
    .on("GET", "/limits", (call) => {
      const project = call.caller.projectId ?? "";
      const limits = state.limitsOf(project);
      const use = state.useOf(project);
      const absolute = {
        maxTotalVolumes: limits.volumes,
        maxTotalVolumeGigabytes: limits.gigabytes,
        totalVolumesUsed: use.volumes,
        totalGigabytesUsed: use.gigabytes,
      };
      return ok({ limits: { rate: [], absolute } });
    })
    .on("GET", "/os-availability-zone", () =>
      ok({ availabilityZoneInfo: [{ zoneName: "nova", zoneState: { available: true } }] }),
    );
}

function serviceViews(state: VolumeState): readonly unknown[] {
  const common = {
    zone: "nova",
    status: "enabled",
    state: "up",
    updated_at: microsecondsTime(state.environment.now()),
  };
  const host = state.backends[0].host.split("@")[0];
  return [
    { binary: "cinder-scheduler", host, ...common, disabled_reason: null, cluster: null },
    ...state.backends.map((backend) => ({
      binary: "cinder-volume",
      host: backend.host,
      ...common,
      state: backend.array.isUp ? "up" : "down",
      disabled_reason: null,
      replication_status: "enabled",
      active_backend_id: null,
      frozen: false,
      cluster: null,
      backend_state: backend.array.isUp ? "up" : "down",
    })),
  ];
}

function poolView(state: VolumeState, backend: VolumeState["backends"][number], isDetailed: boolean): unknown {
  const name = `${backend.host}#${backend.pool}`;
  const own = [...state.volumes.values()].filter((volume) => volume.backend === backend);
  const used = own.reduce((sum, volume) => sum + volume.sizeGiB, 0);
  const capabilities = {
    volume_backend_name: backend.name,
    driver_version: "15.0.iscsi",
    storage_protocol: "iSCSI",
    vendor_name: "Pure Storage",
    total_capacity_gb: 1_000_000,
    free_capacity_gb: 1_000_000 - used,
    provisioned_capacity: used,
    replication_enabled: true,
    replication_type: ["async"],
    replication_count: 1,
    consistencygroup_support: true,
    thin_provisioning_support: true,
    multiattach: true,
    QoS_support: true,
    cacheable: true,
    allocated_capacity_gb: used,
    max_over_subscription_ratio: 20,
    reserved_percentage: 0,
    filter_function: null,
    goodness_function: null,
    timestamp: microsecondsTime(state.environment.now()),
  };
  return isDetailed ? { name, capabilities } : { name };
}

function quotaView(state: VolumeState, project: string, withUse: boolean): Record<string, unknown> {
  const { byType, ...limits } = state.limitsOf(project);
  const use = state.useOf(project);
  const all: Record<string, number> = { ...limits, per_volume_gigabytes: -1, backups: 10, backup_gigabytes: 1000 };
  // Cinder makes a type of this name for volumes that ask for none.
  for (const name of new Set(["__DEFAULT__", ...state.types.values().map((type) => type.name)])) {
    for (const key of ["volumes", "gigabytes", "snapshots"]) all[`${key}_${name}`] = byType[`${key}_${name}`] ?? -1;
  }
  const entries = Object.entries(all).map(([key, limit]) => [
    key,
    withUse ? { limit, in_use: use[key] ?? 0, reserved: 0 } : limit,
  ]);
  const view: unknown = Object.fromEntries(entries);
  return isObject(view) ? { ...view } : {};
}
