import type { ErrorCatalogueEntries } from "./error-catalogue-entry.ts";

/** Errors of a protection group, its members, its policy and its mappings. */
export const GROUP_ERRORS = {
  "protection_group.not_found": {
    status: 404,
    title: "Protection group not found",
    help: "List the groups with: protector protection-group list",
  },
  "protection_group.name_exists": {
    status: 409,
    title: "Name already used",
    help: "Choose another name; names are unique in a project.",
  },
  "protection_group.not_primary": {
    status: 409,
    title: "Not the primary site",
    help: "Send the change to the site that the message names: the group's servers run there.",
  },
  "protection_group.given_up": {
    status: 409,
    title: "Site was replaced",
    help: "Work on the group with the clouds of its two sites; the site that the message names knows the new one: protector protection-group show GROUP. What this site still holds of it is forgotten, with this site as --os-cloud, by: protector protection-group delete GROUP --peer-lost --reason TEXT",
  },
  "protection_group.out_of_sync": {
    status: 409,
    title: "Sites out of sync",
    help: "Run: protector protection-group sync-force GROUP, then repeat the change.",
  },
  "protection_group.busy": {
    status: 409,
    title: "Protection group busy",
    help: "Look at the named operation: protector operation watch ID. Wait for its end or cancel it, then repeat.",
  },
  "protection_group.wrong_status": {
    status: 409,
    title: "Not possible in this status",
    help: "See the group's status, and what is possible in it: protector protection-group show GROUP",
  },
  "protection_group.not_empty": {
    status: 409,
    title: "Protection group has members",
    help: "Remove them first: protector member remove GROUP MEMBER... Their servers are not touched.",
  },
  "protection_group.no_policy": {
    status: 409,
    title: "No replication policy",
    help: "Create one: protector policy create GROUP",
  },
  "generation.conflict": {
    status: 409,
    title: "Changed by somebody else",
    help: "See what it is now: protector protection-group show GROUP. Then repeat the change, if it is still right.",
  },
  "member.not_found": {
    status: 404,
    title: "Member not found",
    help: "List the members with: protector member list GROUP",
  },
  "member.already_protected": {
    status: 409,
    title: "Server already protected",
    help: "A server is in one group only. Remove it from the named one first: protector member remove GROUP SERVER",
  },
  "member.server_not_found": {
    status: 400,
    title: "Server not found",
    help: "Name a server of this project at the site where the group runs: openstack server list",
  },
  "member.image_booted": {
    status: 400,
    title: "Server boots from an image",
    help: "Its root disk is not replicated. Build the server anew from a volume of a replicated type: openstack server create --boot-from-volume GIB, or leave it out of the group.",
  },
  "member.local_disk": {
    status: 400,
    title: "Server has local disks",
    help: "Ephemeral and swap disks are not replicated. Resize the server to a flavor without them, then add it again.",
  },
  "member.volume_not_replicated": {
    status: 400,
    title: "Volume not replicated",
    help: "Retype the named volume to a replicated type: openstack volume set --type TYPE --retype-policy on-demand VOLUME. Then repeat.",
  },
  "member.volume_encrypted": {
    status: 400,
    title: "Volume encrypted",
    help: "Cinder cannot manage encrypted volumes. Retype the named volume to a replicated type without encryption.",
  },
  "member.volume_shared": {
    status: 400,
    title: "Volume shared outside the group",
    help: "Detach it from the servers that are not members (openstack server remove volume SERVER VOLUME), add those as members too, or leave this server out.",
  },
  "member.volume_not_on_array": {
    status: 400,
    title: "Volume not on the array",
    help: "See the policy's arrays: protector policy show GROUP. Correct the policy, or migrate the volume to that array.",
  },
  "member.unsupported_port": {
    status: 400,
    title: "Port type not supported",
    help: "SR-IOV and accelerator ports cannot be recovered. Give the server a port with vNIC type normal.",
  },
  "member.unsupported_device": {
    status: 400,
    title: "Server device not supported",
    help: "A server with a virtual TPM cannot be rebuilt elsewhere. Resize it to a flavor without one, or leave it out.",
  },
  "member.changed": {
    status: 409,
    title: "Server has changed",
    help: "Protect it as it is now: protector member remove GROUP MEMBER, then: protector member add GROUP SERVER",
  },
  "member.wrong_state": {
    status: 409,
    title: "Server in another state",
    help: "Bring the server to ACTIVE or SHUTOFF first: openstack server show SERVER says why it is not.",
  },
  "member.limit": {
    status: 409,
    title: "Too many members",
    help: "A group holds at most 500 servers. Make another group: protector protection-group create NAME",
  },
  "hook.invalid": {
    status: 400,
    title: "Hook is not valid",
    help: "Correct what the message names: a tier goes with hooks of a tier, a member with hooks of a member, and clean-ups are only of tests. See the hooks: protector hook list GROUP",
  },
  "hook.dangling": {
    status: 400,
    title: "Hook of something that is not there",
    help: "Name a tier that has members, or a member of the group (protector member list GROUP); or take the hook out first: protector hook remove GROUP NUMBER",
  },
  "hook.url_refused": {
    status: 400,
    title: "Hook address refused",
    help: "Hooks are called by https, without a user name in the URL, in [hooks] networks of protector.conf. Correct the URL, or ask an administrator to allow the network.",
  },
  "hook.failed": {
    status: 502,
    title: "Hook failed",
    help: "See who answers at its URL, then: protector operation resume ID; on the way back: protector operation rollback ID. Or go on, or back, without it: protector operation skip ID --step KEY --reason TEXT. The next recovery it does not stop when it is added with: protector hook add --on-failure continue",
  },
  "member.gate_closed": {
    status: 504,
    title: "Server did not become ready",
    help: "Nova says ACTIVE, its readiness gate does not open. Look at the console: openstack console log show SERVER. Cure the guest, then: protector operation retry ID. Or count it as it is: protector operation skip ID --step KEY --reason TEXT",
  },
  "member.order_cycle": {
    status: 400,
    title: "Start order has a cycle",
    help: "Remove one of the named dependencies: protector member set GROUP MEMBER --depends-on ...",
  },
  "member.order_dangling": {
    status: 400,
    title: "Dependency is not a member",
    help: "Change what depends on it first: protector member set GROUP MEMBER --depends-on ... A program names members of the same group by their id.",
  },
  "policy.not_found": {
    status: 404,
    title: "Replication policy not found",
    help: "Create one: protector policy create GROUP",
  },
  "policy.exists": {
    status: 409,
    title: "Replication policy exists",
    help: "Change it instead: protector policy update GROUP",
  },
  "policy.in_use": {
    status: 409,
    title: "Replication policy in use",
    help: "Take away what is named first: protector member remove GROUP MEMBER..., protector test-cleanup GROUP, protector kept-snapshot delete GROUP SNAPSHOT. To change how the group replicates, no policy has to go: protector policy update GROUP",
  },
  "policy.array_refused": {
    status: 400,
    title: "Array address refused",
    help: "Arrays are reached by https, in [storage] array_networks of protector.conf. Correct the address, or ask an administrator to allow the network.",
  },
  "policy.backend_unknown": {
    status: 400,
    title: "Storage backend unknown",
    help: "Name one of those that are enabled, or ask an administrator to enable it: [storage] enabled_backends of protector.conf at both sites.",
  },
  "mapping.invalid": {
    status: 400,
    title: "Invalid mapping",
    help: "Each source maps to one target of the same kind. See the mappings: protector mapping show GROUP",
  },
  "mapping.network_unmapped": {
    status: 409,
    title: "Network not mapped",
    help: "See what fits there: protector mapping suggest GROUP. It maps what is sure with --apply; or name the counterpart yourself: protector mapping set GROUP --network HERE=THERE",
  },
  "mapping.subnet_unmapped": {
    status: 409,
    title: "Subnet not mapped",
    help: "See what fits there: protector mapping suggest GROUP. It maps what is sure with --apply; or name the counterpart yourself: protector mapping set GROUP --subnet HERE=THERE",
  },
  "mapping.flavor_unmapped": {
    status: 409,
    title: "Flavor not mapped",
    help: "See what fits there: protector mapping suggest GROUP. It maps what is sure with --apply; or name the counterpart yourself: protector mapping set GROUP --flavor HERE=THERE",
  },
  "mapping.security_group_unmapped": {
    status: 409,
    title: "Security group not mapped",
    help: "See what fits there: protector mapping suggest GROUP. It maps what is sure with --apply; or name the counterpart yourself: protector mapping set GROUP --security-group HERE=THERE",
  },
  "mapping.volume_type_unmapped": {
    status: 409,
    title: "Volume type not mapped",
    help: "See what fits there: protector mapping suggest GROUP. It maps what is sure with --apply; or name the counterpart yourself: protector mapping set GROUP --volume-type HERE=THERE",
  },
  "mapping.image_unmapped": {
    status: 409,
    title: "Image not mapped",
    help: "See what fits there: protector mapping suggest GROUP. Or upload it there under the same id; or name the counterpart yourself: protector mapping set GROUP --image HERE=THERE",
  },
  "mapping.test_volume_type_unmapped": {
    status: 409,
    title: "Volume type not mapped for tests",
    help: "See what fits there: protector mapping suggest GROUP. Or name a type there that does not replicate: protector mapping set GROUP --test-volume-type HERE=THERE",
  },
  "mapping.nic_invalid": {
    status: 409,
    title: "Settings of a network interface do not fit",
    help: "See what is set: protector mapping export GROUP --as csv --nics. Correct the line, with names or ids of the other site, and: protector mapping import GROUP --from-file FILE",
  },
  "mapping.target_missing": {
    status: 409,
    title: "Mapped resource missing",
    help: "See what fits there now: protector mapping suggest GROUP. Or name it yourself: protector mapping set GROUP with the option of the kind, HERE=THERE",
  },
} as const satisfies ErrorCatalogueEntries;
