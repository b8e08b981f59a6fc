import type { Router } from "../../http/router.ts";
import { badRequest, conflict, notFound } from "../core/api-error.ts";
import { accepted, type Call, ok } from "../core/call.ts";
import { objectAt, optionalTextAt } from "../core/json.ts";
import type { ComputeState } from "./compute-state.ts";
import type { Nic } from "./records.ts";
import { requireState, requireUnlocked } from "./server-life.ts";

/** `/servers/{id}/os-interface`. */
export function routeInterfaces(router: Router<Call>, state: ComputeState): void {
  const path = "/servers/:id/os-interface";
  const view = (nic: Nic, call: Call) => {
    const port = state.networks.ports.get(nic.portId);
    return {
      port_id: nic.portId,
      net_id: port?.networkId,
      mac_addr: port?.macAddress,
      port_state: port?.status,
      fixed_ips: port?.fixedIps.map(({ subnetId, address }) => ({ subnet_id: subnetId, ip_address: address })) ?? [],
      ...(call.version >= 70 && { tag: nic.tag }),
    };
  };
  router
    .on("GET", path, (call, { id = "" }) => {
      const server = state.requireServer(id, call.caller);
      return ok({ interfaceAttachments: server.nics.map((nic) => view(nic, call)) });
    })
    .on("POST", path, (call, { id = "" }) => {
      const server = state.requireServer(id, call.caller);
      requireUnlocked(server, call.caller);
      requireState(server, "attach_interface", ["active", "stopped"]);
      const asked = objectAt(call.body, "interfaceAttachment");
      const portId = optionalTextAt(asked, "port_id");
      if (portId === undefined) throw badRequest("port_id is required");
      const port = state.networks.ports.get(portId);
      if (!port) throw notFound(`Port id ${portId} could not be found.`);
      if (port.deviceId !== "") throw conflict(`Port ${portId} is still in use.`);
      const nic = { portId, tag: call.version >= 49 ? (optionalTextAt(asked, "tag") ?? null) : null, isOwned: false };
      state.networks.bind(portId, {
        serverId: server.id,
        host: server.host?.name ?? "",
        zone: server.availabilityZone,
      });
      server.nics = [...server.nics, nic];
      return ok({ interfaceAttachment: view(nic, call) });
    })
    .on("DELETE", `${path}/:port`, (call, { id = "", port = "" }) => {
      const server = state.requireServer(id, call.caller);
      requireUnlocked(server, call.caller);
      requireState(server, "detach_interface", ["active", "stopped"]);
      // Nova only passes the request on to the host, also that for a port which the server does not have.
      const nic = server.nics.find((each) => each.portId === port);
      if (!nic) return accepted();
      state.environment.after(state.durations.detachMs, () => {
        if (!server.nics.includes(nic)) return;
        state.networks.release(port, nic.isOwned);
        server.nics = server.nics.filter((each) => each !== nic);
      });
      return accepted();
    });
}
