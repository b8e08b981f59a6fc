import type { Router } from "../../http/router.ts";
import { policyForbids } from "../core/api-error.ts";
import { type Call, ok, requireAdmin } from "../core/call.ts";
import { objectAt } from "../core/json.ts";
import { microsecondsTime } from "../core/times.ts";
import type { ComputeState } from "./compute-state.ts";
import { NO_USE } from "./host-room.ts";
import type { ComputeLimits } from "./records.ts";

const KEYS = ["instances", "cores", "ram", "server_groups", "server_group_members", "key_pairs"] as const;

/** `/os-quota-sets`, `/limits`, `/os-availability-zone`, `/os-hypervisors`, `/os-services`. */
export function routeHostsAndQuotas(router: Router<Call>, state: ComputeState): void {
  const requireProject = (call: Call, project: string, action: "show" | "detail") => {
    if (!call.caller.isAdmin && call.caller.projectId !== project)
      throw policyForbids(`os_compute_api:os-quota-sets:${action}`);
  };
  router
    .on("GET", "/os-quota-sets/:project", (call, { project = "" }) => {
      requireProject(call, project, "show");
      return ok({ quota_set: { id: project, ...limitsView(state, project) } });
    })
    .on("GET", "/os-quota-sets/:project/detail", (call, { project = "" }) => {
      requireProject(call, project, "detail");
      const use = state.useOf(project);
      const limits = state.limitsOf(project);
      const entries = KEYS.map((key) => [key, { limit: limits[key], in_use: use[key], reserved: 0 }]);
      const metadata_items = { limit: 128, in_use: 0, reserved: 0 };
      return ok({ quota_set: { id: project, ...Object.fromEntries(entries), metadata_items } });
    })
    .on("PUT", "/os-quota-sets/:project", (call, { project = "" }) => {
      requireAdmin(call, "os_compute_api:os-quota-sets:update");
      const asked = objectAt(call.body, "quota_set");
      const limits: ComputeLimits = state.limitsOf(project);
      for (const key of KEYS) if (typeof asked[key] === "number") limits[key] = asked[key];
      return ok({ quota_set: limitsView(state, project) });
    })
    .on("GET", "/limits", (call) => {
      const project = call.caller.projectId ?? "";
      const use = state.useOf(project);
      const limits = state.limitsOf(project);
      const absolute = {
        maxTotalInstances: limits.instances,
        maxTotalCores: limits.cores,
        maxTotalRAMSize: limits.ram,
        maxServerGroups: limits.server_groups,
        totalInstancesUsed: use.instances,
        totalCoresUsed: use.cores,
        totalRAMUsed: use.ram,
        totalServerGroupsUsed: use.server_groups,
      };
      return ok({ limits: { rate: [], absolute } });
    });
  routeHosts(router, state);
}

function routeHosts(router: Router<Call>, state: ComputeState): void {
  router
    .on("GET", "/os-availability-zone", () => {
      const zones = [...new Set(state.hosts.map(({ availabilityZone }) => availabilityZone))];
      return ok({
        availabilityZoneInfo: zones.map((zoneName) => ({ zoneName, zoneState: { available: true }, hosts: null })),
      });
    })
    .on("GET", "/os-hypervisors/detail", (call) => {
      requireAdmin(call, "os_compute_api:os-hypervisors:list-detail");
      return ok({ hypervisors: state.hosts.map((host, index) => hypervisorView(state, index, host.name)) });
    })
    .on("GET", "/os-hypervisors", (call) => {
      requireAdmin(call, "os_compute_api:os-hypervisors:list");
      const hypervisors = state.hosts.map((host, index) => ({
        id: index + 1,
        hypervisor_hostname: host.name,
        state: "up",
        status: "enabled",
      }));
      return ok({ hypervisors });
    })
    .on("GET", "/os-services", (call) => {
      requireAdmin(call, "os_compute_api:os-services:list");
      const services = state.hosts.map((host, index) => ({
        id: index + 1,
        binary: "nova-compute",
        host: host.name,
        zone: host.availabilityZone,
        status: "enabled",
        state: "up",
        updated_at: microsecondsTime(state.environment.now()),
        disabled_reason: null,
      }));
      return ok({ services });
    });
}

function hypervisorView(state: ComputeState, index: number, name: string): unknown {
  const host = state.hosts[index];
  const used = host ? state.usedOn(host) : NO_USE;
  return {
    id: index + 1,
    hypervisor_hostname: name,
    state: "up",
    status: "enabled",
    hypervisor_type: "QEMU",
    vcpus: host?.vcpus,
    vcpus_used: used.vcpus,
    memory_mb: host?.ramMiB,
    memory_mb_used: used.ramMiB,
  };
}

const limitsView = (state: ComputeState, project: string) => {
  const limits = state.limitsOf(project);
  return Object.fromEntries(KEYS.map((key) => [key, limits[key]]));
};
