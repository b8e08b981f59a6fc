import type { ErrorCatalogueEntries } from "./error-catalogue-entry.ts";

/** Errors of operations: what keeps one from starting, from going on or from ending as it should. */
export const OPERATION_ERRORS = {
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
  "peer.not_lost": {
    status: 409,
    title: "Remote site answers",
    help: "Remove the members and delete the group without --peer-lost: the other site then deletes its part.",
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
    help: "Both sites claim this generation. See where they differ with: protector protection-group sync-status GROUP; choose with: protector protection-group sync-force GROUP --from SITE",
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
  "fence.failed": {
    status: 409,
    title: "Servers at the lost site not fenced",
    help: "See that they do not run, then go on: protector operation resume ID --as unplanned --reason TEXT. Or take everything back: protector operation rollback ID",
  },
  "fence.reason_required": {
    status: 409,
    title: "Nothing at the lost site can be fenced",
    help: "See by other means that its servers do not run, then say so: protector failover GROUP --unplanned --reason TEXT",
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
  "test.in_the_way": {
    status: 409,
    title: "A test holds the room",
    help: "The failover goes on by itself when the test is gone.",
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
  "failback.not_reprotected": {
    status: 409,
    title: "Nothing replicates back",
    help: "Replicate back first: protector reprotect GROUP",
  },
  "kept_snapshot.not_found": {
    status: 404,
    title: "No such kept snapshot",
    help: "See which are kept, and at which site: protector kept-snapshot list GROUP",
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
} as const satisfies ErrorCatalogueEntries;
