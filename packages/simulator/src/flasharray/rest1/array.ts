import { SOFTWARE } from "../identity.ts";
import { isoTime, type Rest1Call, type Rest1Route } from "./call.ts";

function show(call: Rest1Call): object {
  if (call.given.text("action") === "monitor") return [load(call)];
  if (call.given.flag("space")) return [space(call)];
  return { array_name: call.state.name, id: call.state.id, version: SOFTWARE, revision: "simulated" };
}

/** Nothing is measured: an idle array. */
function load(call: Rest1Call): object {
  return {
    time: isoTime(call.state.stamp(call.state.now())),
    writes_per_sec: 0,
    reads_per_sec: 0,
    input_per_sec: 0,
    output_per_sec: 0,
    usec_per_read_op: 0,
    usec_per_write_op: 0,
    queue_depth: 0,
  };
}

function space(call: Rest1Call): object {
  const used = call.state.usedBytes();
  return {
    hostname: call.state.name,
    capacity: call.state.capacityBytes,
    total: used,
    volumes: used,
    snapshots: 0,
    shared_space: 0,
    system: 0,
    parity: 1,
    data_reduction: 1,
    total_reduction: 1,
    thin_provisioning: 0,
  };
}

/** Other arrays that replicate with this one. */
function connections(call: Rest1Call): object {
  const { fabric, state } = call.model;
  return fabric.links
    .filter((link) => link.a === state || link.b === state)
    .map((link) => {
      const other = link.other(state);
      return {
        array_name: other.name,
        id: other.id,
        connected: link.isUp && other.isUp,
        type: [link.isSync ? "sync-replication" : "async-replication"],
        version: SOFTWARE,
        management_address: null,
        replication_address: null,
      };
    });
}

/** Two iSCSI ports, one in each controller, on the array's own address. */
function ports(call: Rest1Call): object {
  const target = call.state.id.replaceAll("-", "").slice(0, 16);
  return ["CT0.ETH4", "CT1.ETH4"].map((name) => ({
    name,
    iqn: `iqn.2010-06.com.purestorage:flasharray.${target}`,
    nqn: null,
    wwn: null,
    portal: `${call.portal}:3260`,
    failover: null,
  }));
}

/** `array` and `port`. */
export const arrayRoutes: readonly Rest1Route[] = [
  { method: "GET", path: "array", known: "space action", run: show },
  { method: "GET", path: "array/connection", known: "", run: connections },
  { method: "GET", path: "port", known: "", run: ports },
];
