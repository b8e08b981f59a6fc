import { type Finding, info } from "./finding.ts";

/** What people should know of every group, however well it is protected. */
export function notes(groupName: string): readonly Finding[] {
  return [
    info({
      check: "not_carried",
      subject: groupName,
      reason:
        "Not carried by a recovery: load-balancer membership, DNS records outside Neutron, Cinder snapshots and backups. Servers that have any are named one by one.",
      remedy: null,
    }),
    info({
      check: "host_boot",
      subject: groupName,
      reason:
        "Compute hosts that start servers by themselves when they boot can start servers of a site that lost its primary role, before its Protector can stop them.",
      remedy: "Set resume_guests_state_on_host_boot = false in nova.conf of every compute host of both sites.",
    }),
  ];
}
