import type { Call } from "../core/call.ts";
import { microsecondsTime, secondsTime } from "../core/times.ts";
import type { ComputeState } from "./compute-state.ts";
import type { ServerRecord } from "./records.ts";

/** Nova's status word for a server. */
export function statusOf(server: ServerRecord): string {
  if (server.taskState?.startsWith("resize_")) return "RESIZE";
  switch (server.vmState) {
    case "building":
      return "BUILD";
    case "active":
      return server.taskState === "rebooting"
        ? "REBOOT"
        : server.taskState === "rebooting_hard"
          ? "HARD_REBOOT"
          : "ACTIVE";
    case "stopped":
      return "SHUTOFF";
    case "resized":
      return "VERIFY_RESIZE";
    case "shelved_offloaded":
      return "SHELVED_OFFLOADED";
    case "error":
      return "ERROR";
  }
}

export interface ServerViewContext {
  readonly state: ComputeState;
  readonly call: Call;
  readonly origin: string;
  /** Lists leave some fields out. */
  readonly isList: boolean;
}

export const serverSummary = (server: ServerRecord, origin: string) => ({
  id: server.id,
  name: server.name,
  links: [
    { rel: "self", href: `${origin}/v2.1/servers/${server.id}` },
    { rel: "bookmark", href: `${origin}/servers/${server.id}` },
  ],
});

/** A server in full; fields by microversion and role. */
export function serverView(server: ServerRecord, context: ServerViewContext): Record<string, unknown> {
  const { state, call, origin } = context;
  const { version } = call;
  return {
    ...serverSummary(server, origin),
    status: statusOf(server),
    tenant_id: server.projectId,
    user_id: server.userId,
    metadata: server.metadata,
    hostId: server.host
      ? Buffer.from(`${server.projectId}${server.host.name}`).toString("hex").padEnd(56, "0").slice(0, 56)
      : "",
    image: server.imageId === undefined ? "" : { id: server.imageId, links: [] },
    flavor: flavorOf(server, version),
    created: secondsTime(server.createdAt),
    updated: secondsTime(server.updatedAt),
    addresses: addressesOf(state, server),
    accessIPv4: "",
    accessIPv6: "",
    "OS-DCF:diskConfig": "MANUAL",
    ...(["ACTIVE", "BUILD", "VERIFY_RESIZE"].includes(statusOf(server)) && { progress: 0 }),
    "OS-EXT-AZ:availability_zone": server.host ? server.host.availabilityZone : "",
    config_drive: server.hasConfigDrive ? "True" : "",
    key_name: server.keyName,
    "OS-SRV-USG:launched_at": server.launchedAt === undefined ? null : microsecondsTime(server.launchedAt),
    "OS-SRV-USG:terminated_at": null,
    ...securityGroupFields(state, server),
    "OS-EXT-STS:task_state": server.taskState,
    "OS-EXT-STS:vm_state": server.vmState,
    "OS-EXT-STS:power_state": server.powerState,
    "os-extended-volumes:volumes_attached": server.disks.map((disk) => ({
      id: disk.volumeId,
      ...(version >= 3 && { delete_on_termination: disk.deleteOnTermination }),
    })),
    ...faultOf(server, call),
    ...administratorFields(server, call),
    ...(version >= 9 && { locked: server.lockedBy !== undefined }),
    ...(version >= 19 && { description: server.description }),
    ...(version >= 26 && { tags: server.tags }),
    ...(version >= 63 && { trusted_image_certificates: null }),
    ...(version >= 71 &&
      !context.isList && { server_groups: server.serverGroupId === undefined ? [] : [server.serverGroupId] }),
    ...(version >= 73 && { locked_reason: server.lockedReason }),
    ...(version >= 90 && { "OS-EXT-SRV-ATTR:hostname": server.hostname }),
  };
}

function administratorFields(server: ServerRecord, call: Call): Record<string, unknown> {
  if (!call.caller.isAdmin) return {};
  return {
    "OS-EXT-SRV-ATTR:host": server.host?.name ?? null,
    "OS-EXT-SRV-ATTR:hypervisor_hostname": server.host?.name ?? null,
    "OS-EXT-SRV-ATTR:instance_name": `instance-${server.id.slice(0, 8)}`,
    ...(call.version >= 3 && {
      "OS-EXT-SRV-ATTR:reservation_id": `r-${server.id.slice(0, 8)}`,
      "OS-EXT-SRV-ATTR:launch_index": 0,
      "OS-EXT-SRV-ATTR:hostname": server.hostname,
      "OS-EXT-SRV-ATTR:kernel_id": "",
      "OS-EXT-SRV-ATTR:ramdisk_id": "",
      "OS-EXT-SRV-ATTR:root_device_name": rootDeviceOf(server),
      "OS-EXT-SRV-ATTR:user_data": server.userData,
    }),
    ...(call.version >= 16 && { host_status: server.host ? "UP" : "" }),
  };
}

/** Known once the server is on a host. */
function rootDeviceOf(server: ServerRecord): string | null {
  if (server.launchedAt === undefined && server.vmState === "error") return null;
  return server.disks.find(({ isRoot }) => isRoot)?.device ?? "/dev/vda";
}

function flavorOf(server: ServerRecord, version: number): Record<string, unknown> {
  const { flavor } = server;
  if (version < 47) return { id: flavor.id, links: [] };
  return {
    vcpus: flavor.vcpus,
    ram: flavor.ramMiB,
    disk: flavor.diskGiB,
    ephemeral: flavor.ephemeralGiB,
    swap: flavor.swapMiB,
    original_name: flavor.name,
    extra_specs: flavor.extraSpecs,
  };
}

function faultOf(server: ServerRecord, call: Call): Record<string, unknown> {
  if (server.vmState !== "error" || !server.fault) return {};
  const { code, message, at } = server.fault;
  const details = call.caller.isAdmin ? { details: message } : {};
  return { fault: { code, created: secondsTime(at), message, ...details } };
}

/** Groups of the server's ports, by name; those asked for while it has no ports yet; none for one that never gets any. */
function securityGroupFields(state: ComputeState, server: ServerRecord): Record<string, unknown> {
  const ids = new Set(server.nics.flatMap(({ portId }) => state.networks.ports.get(portId)?.securityGroupIds ?? []));
  const found = [...ids].map((id) => state.networks.securityGroups.get(id)?.name ?? id);
  const names = found.length > 0 ? found : server.vmState === "building" ? server.securityGroups : [];
  return names.length === 0 ? {} : { security_groups: names.map((name) => ({ name })) };
}

function addressesOf(state: ComputeState, server: ServerRecord): Record<string, unknown[]> {
  const addresses: Record<string, unknown[]> = {};
  for (const { portId } of server.nics) {
    const port = state.networks.ports.get(portId);
    const network = port && state.networks.networks.get(port.networkId);
    if (!port || !network) continue;
    const own = addresses[network.name] ?? [];
    addresses[network.name] = own;
    const entry = (address: string, type: string) => ({
      version: address.includes(":") ? 6 : 4,
      addr: address,
      "OS-EXT-IPS:type": type,
      "OS-EXT-IPS-MAC:mac_addr": port.macAddress,
    });
    own.push(...port.fixedIps.map(({ address }) => entry(address, "fixed")));
    for (const floating of state.networks.floatingIps.values()) {
      if (floating.portId === portId) own.push(entry(floating.address, "floating"));
    }
  }
  return addresses;
}
