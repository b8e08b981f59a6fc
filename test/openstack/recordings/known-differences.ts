import type { Difference } from "./compare.ts";

/** A difference that stays, and why. */
export interface KnownDifference {
  readonly service: string;
  readonly kind: Difference["kind"];
  /** Where in an answer it shows. */
  readonly at: RegExp;
  readonly reason: string;
}

/**
 * How the simulator may answer otherwise than a real cloud. What is not here is an error of the simulator; what is here
 * and does not show is an error of this list. Also printed in docs/simulator.md.
 */
export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    service: "neutron",
    kind: "missing",
    at: /\.(created_at|updated_at|revision_number|standard_attr_id)$/,
    reason: "Protector does not read the history of network objects.",
  },
  {
    service: "neutron",
    kind: "missing",
    at: /^body\.network\.is_default$/,
    reason: "Neutron gives it with the answer to a POST only; Protector does not read it.",
  },
  {
    service: "neutron",
    kind: "value",
    at: /^body\.floatingips?(\[\])?\.status$/,
    reason: "The laboratory has no L3 agent that makes a floating IP ACTIVE.",
  },
  {
    service: "neutron",
    kind: "form",
    at: /^body\.NeutronError\.message$/,
    reason:
      "A simulated router has no port of its own on its subnets, so that one port fewer is named as being in use.",
  },
  {
    service: "cinder",
    kind: "missing",
    at: /^body\.pools\[\]\.capabilities\.(input|output|reads|writes)_per_sec$/,
    reason: "A simulated array counts no operations for Cinder.",
  },
  {
    service: "cinder",
    kind: "missing",
    at: /^body\.pools\[\]\.capabilities\.(usec_per_\w+|queue_depth|total_(hosts|pgroups|snapshots|volumes))$/,
    reason: "A simulated array counts no operations for Cinder.",
  },
  {
    service: "cinder",
    kind: "missing",
    at: /^body\.pools\[\]\.capabilities\.replication_targets$/,
    reason: "Protector asks the arrays themselves whom they replicate to.",
  },
  {
    service: "glance",
    kind: "missing",
    at: /\.(hw_disk_bus|hw_scsi_model)$/,
    reason: "Properties of the laboratory's image.",
  },
];

/** Fields of successful answers whose values are compared, beside every true and false. */
export const COMPARED_VALUES: ReadonlySet<string> = new Set([
  "OS-DCF:diskConfig",
  "OS-EXT-STS:power_state",
  "OS-EXT-STS:task_state",
  "OS-EXT-STS:vm_state",
  "binary",
  "bootable",
  "code",
  "config_drive",
  "device_owner",
  "direction",
  "ethertype",
  "host_status",
  "message",
  "methods",
  "min_version",
  "mtu",
  "policy",
  "protocol",
  "replication_status",
  "state",
  "status",
  "version",
  "visibility",
]);

/** Methods of clients whose calls have not been recorded on a real cloud yet: the simulator's answers to them are unproven. */
export const NOT_RECORDED: readonly string[] = [];
