interface CatalogueEntry {
  /** HTTP status. */
  readonly status: number;
  /** Constant per code. */
  readonly title: string;
  /** What to do about it, for a person under stress. */
  readonly help: string;
}

/**
 * Every error that Protector gives: over the API, in operations and in the client. Codes are never changed nor reused.
 * On the wire they carry the service type in front: `protector.peer.unreachable`.
 */
export const ERROR_CATALOGUE = {
  "request.invalid": {
    status: 400,
    title: "Invalid request",
    help: "Correct the named fields and send the request again.",
  },
  "request.malformed": {
    status: 400,
    title: "Malformed request",
    help: "Send a body that is valid JSON with Content-Type application/json.",
  },
  "request.too_large": {
    status: 413,
    title: "Request too large",
    help: "Send less at once, or raise [oslo_middleware] max_request_body_size.",
  },
  "request.not_found": {
    status: 404,
    title: "No such path",
    help: "See GET /openapi.json for the paths of this service.",
  },
  "request.method_not_allowed": {
    status: 405,
    title: "Method not allowed",
    help: "See GET /openapi.json for the methods of this path.",
  },
  "request.idempotency_conflict": {
    status: 409,
    title: "Idempotency key already used",
    help: "Use a new Idempotency-Key for a different request.",
  },
  "pagination.marker_not_found": {
    status: 400,
    title: "Page marker not found",
    help: "The object the page starts after is gone. List again from the first page.",
  },
  "microversion.malformed": {
    status: 400,
    title: "Malformed microversion",
    help: "Send OpenStack-API-Version: protector X.Y, or leave the header out.",
  },
  "microversion.unsupported": {
    status: 406,
    title: "Unsupported microversion",
    help: "Use a version between min_version and max_version of GET /.",
  },
  "authentication.required": {
    status: 401,
    title: "Unauthorized",
    help: "Get a new token from Keystone and send it as X-Auth-Token.",
  },
  "authentication.unavailable": {
    status: 503,
    title: "Keystone unavailable",
    help: "Keystone did not answer. Check that it runs and that [keystone_authtoken] auth_url is right.",
  },
  "policy.not_authorized": {
    status: 403,
    title: "Not authorized",
    help: "Ask an administrator for the role that the named policy rule wants.",
  },
  "project.mismatch": {
    status: 403,
    title: "Token of another project",
    help: "Use a token of the project in the URL.",
  },
  "trust.login_required": {
    status: 403,
    title: "Login with password or token required",
    help: "This login cannot delegate roles to Protector. Log in once with your password (not an application credential) and repeat the command.",
  },
  "trust.unusable": {
    status: 409,
    title: "Delegated roles do not work",
    help: "The user who protected this group has lost the roles or is disabled. Have a current member of the project run any changing command on the group.",
  },
  "site.not_found": { status: 404, title: "Site not found", help: "List the sites with: protector site list" },
  "site.exists": {
    status: 409,
    title: "Site already registered",
    help: "Update the registered site instead: protector site set",
  },
  "site.in_use": {
    status: 409,
    title: "Site in use",
    help: "Delete the protection groups and tenant mappings that use the site first.",
  },
  "site.ambiguous": {
    status: 400,
    title: "Peer site not clear",
    help: "Name the peer site: more than one, or none, is registered.",
  },
  "site.not_validated": {
    status: 409,
    title: "Site cannot be used yet",
    help: "Run: protector site validate, and mend what it names.",
  },
  "tenant_mapping.not_found": {
    status: 404,
    title: "Tenant mapping not found",
    help: "List them with: protector tenant-mapping list",
  },
  "tenant_mapping.exists": {
    status: 409,
    title: "Project already mapped",
    help: "A project maps to one project of a site. Delete the old mapping first.",
  },
  "tenant_mapping.missing": {
    status: 409,
    title: "Project not mapped",
    help: "Ask an administrator to map the project on both sites: protector tenant-mapping create",
  },
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
  "protection_group.out_of_sync": {
    status: 409,
    title: "Sites out of sync",
    help: "Run: protector protection-group sync-force, then repeat the change.",
  },
  "protection_group.busy": {
    status: 409,
    title: "Protection group busy",
    help: "Look at the named operation: protector operation watch ID. Wait for its end or cancel it, then repeat.",
  },
  "protection_group.wrong_status": {
    status: 409,
    title: "Not possible in this status",
    help: "See the group's status: protector protection-group show",
  },
  "protection_group.not_empty": {
    status: 409,
    title: "Protection group has members",
    help: "Remove the members first.",
  },
  "protection_group.no_policy": {
    status: 409,
    title: "No replication policy",
    help: "Create one: protector protection-group policy-create",
  },
  "generation.conflict": {
    status: 409,
    title: "Changed by somebody else",
    help: "Show the group again and repeat the change on what it is now.",
  },
  "member.not_found": { status: 404, title: "Member not found", help: "List the members with: protector member list" },
  "member.already_protected": {
    status: 409,
    title: "Server already protected",
    help: "Remove the server from the named group first: a server is in one group only.",
  },
  "member.server_not_found": {
    status: 400,
    title: "Server not found",
    help: "Name a server of this project on the primary site.",
  },
  "member.image_booted": {
    status: 400,
    title: "Server boots from an image",
    help: "Its root disk is not replicated. Rebuild the server to boot from a volume of a replicated type.",
  },
  "member.local_disk": {
    status: 400,
    title: "Server has local disks",
    help: "Ephemeral and swap disks are not replicated. Resize to a flavor without them.",
  },
  "member.volume_not_replicated": {
    status: 400,
    title: "Volume not replicated",
    help: "Retype the named volume to a replicated volume type.",
  },
  "member.volume_encrypted": {
    status: 400,
    title: "Volume encrypted",
    help: "Cinder cannot manage encrypted volumes. Retype the named volume.",
  },
  "member.volume_shared": {
    status: 400,
    title: "Volume shared outside the group",
    help: "Detach the volume from servers that are not members.",
  },
  "member.several_backends": {
    status: 400,
    title: "Volumes on several arrays",
    help: "All volumes of a group must be on the array of its policy.",
  },
  "member.volume_not_on_array": {
    status: 400,
    title: "Volume not on the array",
    help: "The named volume is not on the array of the group's policy. Correct the policy or migrate the volume.",
  },
  "member.unsupported_port": {
    status: 400,
    title: "Port type not supported",
    help: "SR-IOV and accelerator ports cannot be recovered. Use a normal port.",
  },
  "member.unsupported_device": {
    status: 400,
    title: "Server device not supported",
    help: "A server with a virtual TPM cannot be rebuilt elsewhere.",
  },
  "member.changed": {
    status: 409,
    title: "Server has changed",
    help: "Remove the member and add it again, so that its new volumes are protected.",
  },
  "member.wrong_state": {
    status: 409,
    title: "Server in another state",
    help: "Bring the server to ACTIVE or SHUTOFF first.",
  },
  "member.limit": {
    status: 409,
    title: "Too many members",
    help: "A group holds at most 500 servers. Make another group.",
  },
  "member.order_cycle": {
    status: 400,
    title: "Start order has a cycle",
    help: "Remove one of the named dependencies.",
  },
  "member.order_dangling": {
    status: 400,
    title: "Dependency is not a member",
    help: "depends_on names members of the same group by their id.",
  },
  "policy.not_found": {
    status: 404,
    title: "Replication policy not found",
    help: "Create one: protector protection-group policy-create",
  },
  "policy.exists": {
    status: 409,
    title: "Replication policy exists",
    help: "Update it instead: protector protection-group policy-update",
  },
  "policy.array_refused": {
    status: 400,
    title: "Array address refused",
    help: "Arrays must be in [storage] array_networks and reached by https.",
  },
  "policy.backend_unknown": {
    status: 400,
    title: "Storage backend unknown",
    help: "Name a section of [storage] enabled_backends of protector.conf.",
  },
  "mapping.invalid": {
    status: 400,
    title: "Invalid mapping",
    help: "Each source maps to one target of the same kind.",
  },
  "mapping.network_unmapped": {
    status: 409,
    title: "Network not mapped",
    help: "Name its counterpart there: protector mapping set GROUP --network HERE=THERE",
  },
  "mapping.subnet_unmapped": {
    status: 409,
    title: "Subnet not mapped",
    help: "Name its counterpart there: protector mapping set GROUP --subnet HERE=THERE",
  },
  "mapping.flavor_unmapped": {
    status: 409,
    title: "Flavor not mapped",
    help: "Name its counterpart there: protector mapping set GROUP --flavor HERE=THERE",
  },
  "mapping.security_group_unmapped": {
    status: 409,
    title: "Security group not mapped",
    help: "Name its counterpart there: protector mapping set GROUP --security-group HERE=THERE",
  },
  "mapping.volume_type_unmapped": {
    status: 409,
    title: "Volume type not mapped",
    help: "Name its counterpart there: protector mapping set GROUP --volume-type HERE=THERE",
  },
  "mapping.test_volume_type_unmapped": {
    status: 409,
    title: "Volume type not mapped for tests",
    help: "Name a type there that does not replicate: protector mapping set GROUP --test-volume-type HERE=THERE",
  },
  "mapping.target_missing": {
    status: 409,
    title: "Mapped resource missing",
    help: "The target of the mapping does not exist on the other site. Correct the mapping.",
  },
  "recovery_point.none": {
    status: 409,
    title: "No usable recovery point",
    help: "Wait for the first transfer, or run: protector protection-group replicate",
  },
  "recovery_point.gone": {
    status: 409,
    title: "Recovery point gone",
    help: "Retention removed it. Choose another: protector recovery-point list",
  },
  "readiness.blocked": {
    status: 409,
    title: "Blocked by readiness",
    help: "Mend what the blockers name, then start again.",
  },
  "plan.changed": {
    status: 409,
    title: "Plan changed",
    help: "The plan is no longer the one that was confirmed. Show it again and confirm.",
  },
  "quota.exceeded": {
    status: 409,
    title: "Quota too small",
    help: "Ask for more quota in the target project, or free some.",
  },
  "capacity.unavailable": {
    status: 409,
    title: "No capacity",
    help: "The target cloud has no host for the server. Free capacity there, or map the flavor to another; then start again, or retry the operation. Rollback brings the servers back until then.",
  },
  "address.taken": {
    status: 409,
    title: "Address in use",
    help: "Another port on the target holds the address. Free it, then retry.",
  },
  "peer.unreachable": {
    status: 409,
    title: "Remote site unreachable",
    help: "Check that the peer's protector-api runs and port 8788 is open. See: protector protection-group sync-status",
  },
  "sync.untrusted": {
    status: 403,
    title: "Document not trusted",
    help: "It is not signed by the registered peer, or not for the mapped project. Check the site's registration.",
  },
  "sync.stale": {
    status: 409,
    title: "Document is older",
    help: "This site holds a newer one. Run: protector protection-group sync-status",
  },
  "sync.conflict": {
    status: 409,
    title: "Sites in conflict",
    help: "Both sites claim this generation. Choose with: protector protection-group sync-force --from SITE",
  },
  "marker.missing": {
    status: 409,
    title: "Marker missing",
    help: "The marker volume of the group is gone from an array. Nothing is started without it. Run: protector protection-group readiness",
  },
  "marker.held": {
    status: 409,
    title: "Group held by another operation",
    help: "The named operation holds the group, perhaps on the other site. Wait for it or cancel it.",
  },
  "marker.other_primary": {
    status: 409,
    title: "Another site is primary",
    help: "The other site has taken the group over. Work there, or reclaim with a reason.",
  },
  "operation.not_found": {
    status: 404,
    title: "Operation not found",
    help: "List them with: protector operation list",
  },
  "operation.wrong_status": {
    status: 409,
    title: "Not possible in this status",
    help: "See what can be asked of it now: protector operation show",
  },
  "operation.past_no_return": {
    status: 409,
    title: "Past the point of no return",
    help: "The target has written. Resume the operation, or fail back when it is done.",
  },
  "operation.superseded": {
    status: 409,
    title: "Superseded",
    help: "The group's primary role has changed since. Nothing more is done; see the duties it left.",
  },
  "test.type_replicates": {
    status: 409,
    title: "Test volumes would replicate",
    help: "Map the volume type to one without replication_enabled: protector mapping set GROUP --test-volume-type HERE=THERE",
  },
  "test.network_not_isolated": {
    status: 409,
    title: "Test network is not isolated",
    help: "A test must not use a network of production. Map it to another one with --test-network and --test-subnet, or to none: it is then copied without a router.",
  },
  "test.none_standing": {
    status: 409,
    title: "No test stands",
    help: "There is nothing to clean up at this site. See: protector operation list --type test_failover",
  },
  "test.left_behind": {
    status: 409,
    title: "Test not cleaned up completely",
    help: "Remove what holds the named objects (snapshots, servers of your own on a test network), then run: protector test-cleanup GROUP",
  },
  "reclaim.not_here": {
    status: 409,
    title: "Reclaim runs on the former primary",
    help: "Send it to the site whose servers are to come back.",
  },
  "reclaim.reason_required": {
    status: 409,
    title: "Reason required",
    help: "Two running copies of a server destroy each other's data. Make sure that nothing runs there, then repeat with --reason TEXT.",
  },
  "storage.refused": { status: 502, title: "Array refused", help: "See the array's own words in the detail." },
  "storage.unreachable": {
    status: 503,
    title: "Array unreachable",
    help: "Check the array's management address and network. The operation goes on when it answers.",
  },
  "storage.credentials": {
    status: 409,
    title: "Array credentials refused",
    help: "Replace the API token in the policy or in protector.conf.",
  },
  "storage.unsupported": { status: 409, title: "Array too old", help: "REST 2.4 or newer is needed." },
  "storage.not_connected": {
    status: 409,
    title: "Arrays not connected",
    help: "Connect the two arrays for replication, then retry.",
  },
  "storage.volume_connected": {
    status: 409,
    title: "Volume still connected",
    help: "A host still holds the volume. It is never overwritten while connected.",
  },
  "storage.unknown_answer": {
    status: 502,
    title: "Array gave an unknown answer",
    help: "Nothing more was done. See the raw text in the detail.",
  },
  "cloud.refused": { status: 502, title: "OpenStack refused", help: "See the service's own words in the detail." },
  "cloud.unreachable": {
    status: 503,
    title: "OpenStack unreachable",
    help: "Check the named service. The operation goes on when it answers.",
  },
  "cloud.forbidden": {
    status: 409,
    title: "OpenStack forbids it",
    help: "Give the rights that the named call needs; see the table of rights in the administrator's guide.",
  },
  "cloud.credentials": {
    status: 409,
    title: "OpenStack credentials refused",
    help: "Correct the registered credential: protector site set",
  },
  "cloud.server_error": { status: 502, title: "Server went to ERROR", help: "See Nova's fault in the detail." },
  "cloud.volume_error": { status: 502, title: "Volume went to error", help: "See Cinder's volume status and its log." },
  "step.timed_out": {
    status: 504,
    title: "Step timed out",
    help: "What it waited for did not happen in time. Look at it, then resume.",
  },
  "messaging.unreachable": {
    status: 503,
    title: "Message broker unreachable",
    help: "Operations go on by sweeping, more slowly. Check RabbitMQ.",
  },
  "secrets.unavailable": {
    status: 503,
    title: "Secret store unavailable",
    help: "Copy the key repository of this site to this host: [secrets] key_repository.",
  },
  "database.unavailable": {
    status: 503,
    title: "Database unavailable",
    help: "Check MariaDB and [database] connection.",
  },
  internal: {
    status: 500,
    title: "Internal error",
    help: "Look for the request id in the log of protector-api and protector-engine.",
  },
} as const satisfies Record<string, CatalogueEntry>;

/** A code of the catalogue, without the service type. */
export type ErrorCode = keyof typeof ERROR_CATALOGUE;
