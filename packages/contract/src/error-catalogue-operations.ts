import type { ErrorCatalogueEntries } from "./error-catalogue-entry.ts";

/** Errors of operations: what keeps one from starting, from going on or from ending as it should. */
export const OPERATION_ERRORS = {
  "recovery_point.none": {
    status: 409,
    title: "No usable recovery point",
    help: "Wait for the first transfer (protector recovery-point list GROUP), or run: protector protection-group replicate GROUP",
  },
  "recovery_point.gone": {
    status: 409,
    title: "Recovery point gone",
    help: "Retention may have removed it. Choose another: protector recovery-point list GROUP",
  },
  "plan.changed": {
    status: 409,
    title: "Plan changed",
    help: "Nothing was started. Look at the plan of now with --dry-run, and confirm that one.",
  },
  "plan.unanswered": {
    status: 504,
    title: "No plan: somebody does not answer",
    help: "Nothing has been changed. Mend what the message names, then start again. If the site that the servers run at is lost: protector failover GROUP --unplanned; of many groups: protector site failover SITE --unplanned, or protector recovery-plan run PLAN --unplanned",
  },
  "quota.exceeded": {
    status: 409,
    title: "Quota too small",
    help: "Have the quota of the named project raised (openstack quota set), or free some. Then start again, or go on: protector operation retry ID",
  },
  "capacity.unavailable": {
    status: 409,
    title: "No capacity",
    help: "The target cloud has no host for the server. Free capacity there, or map the flavor to another: protector mapping set GROUP --flavor HERE=THERE. Then start again, or go on: protector operation retry ID. Until then all can be taken back: protector operation rollback ID",
  },
  "address.taken": {
    status: 409,
    title: "Address in use",
    help: "See who holds it: openstack port list --fixed-ip ip-address=ADDRESS. Free the address there. Then start again, or go on: protector operation retry ID",
  },
  "peer.unreachable": {
    status: 409,
    title: "Remote site unreachable",
    help: "Check that the peer's protector-api runs and port 8788 is open: protector doctor. What each site holds tells: protector protection-group sync-status GROUP",
  },
  "peer.not_lost": {
    status: 409,
    title: "Remote site answers",
    help: "Only a site that will never answer again is lost. To delete the group with both sites: protector member remove GROUP MEMBER..., then protector protection-group delete GROUP. To replace a second site that answers, delete the group and protect its servers anew.",
  },
  "sync.untrusted": {
    status: 403,
    title: "Document not trusted",
    help: "Documents are taken only from the registered peer, for the mapped project. A site that was installed anew has new keys: have an administrator delete and create its registration (protector site delete, protector site create).",
  },
  "sync.stale": {
    status: 409,
    title: "Document is older",
    help: "This site holds a newer one. See both: protector protection-group sync-status GROUP",
  },
  "sync.conflict": {
    status: 409,
    title: "Sites in conflict",
    help: "Neither site is newer by the rules. See where they differ: protector protection-group sync-status GROUP; then choose the right one: protector protection-group sync-force GROUP --from SITE --reason TEXT",
  },
  "marker.missing": {
    status: 409,
    title: "Marker missing",
    help: "Nothing is started without it. When nobody else has taken the group over, any change of its policy makes it again: protector policy update GROUP --rpo-minutes N",
  },
  "marker.held": {
    status: 409,
    title: "Group held by another operation",
    help: "That operation holds the group, perhaps on the other site: protector operation list --protection-group GROUP. Wait for its end (protector operation watch ID), or: protector operation cancel ID",
  },
  "marker.other_primary": {
    status: 409,
    title: "Another site is primary",
    help: "The other site has taken the group over. Work there, or bring the group back here: protector reclaim GROUP --reason TEXT",
  },
  "operation.not_found": {
    status: 404,
    title: "Operation not found",
    help: "List them with: protector operation list",
  },
  "operation.wrong_status": {
    status: 409,
    title: "Not possible in this status",
    help: "See what can be asked of it now (verbs): protector operation show ID",
  },
  "operation.past_no_return": {
    status: 409,
    title: "Past the point of no return",
    help: "The target has written. Go on: protector operation resume ID; come back afterwards: protector reprotect GROUP, protector failback GROUP",
  },
  "operation.cannot_skip": {
    status: 409,
    title: "Cannot be left out",
    help: "See what has failed, and by which key: protector operation show ID",
  },
  "commit_window.open": {
    status: 409,
    title: "Waits for commit or rollback",
    help: "Look at the servers, then: protector operation commit ID, or protector operation rollback ID",
  },
  "commit_window.over": {
    status: 409,
    title: "Commit window over",
    help: "It is being rolled back, as it was started to be. See: protector operation watch ID",
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
    help: "See what fits: protector mapping suggest GROUP. Or map the volume type to one without replication_enabled yourself: protector mapping set GROUP --test-volume-type HERE=THERE",
  },
  "test.network_not_isolated": {
    status: 409,
    title: "Test network is not isolated",
    help: "A test must not use a network of production. Map it to another one with --test-network and --test-subnet, or to none: it is then copied without a router.",
  },
  "test.in_the_way": {
    status: 409,
    title: "A test holds the room",
    help: "The failover goes on by itself when the test is gone: protector operation list --type test_failover",
  },
  "test.none_standing": {
    status: 409,
    title: "No test stands",
    help: "There is nothing to clean up at this site. See: protector operation list --type test_failover",
  },
  "test.not_proven": {
    status: 409,
    title: "No test has proven a recovery point",
    help: "Only a test that ended as completed can be promoted: protector operation list --type test_failover. To recover without one: protector failover GROUP --unplanned",
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
  "kept_snapshot.undecided": {
    status: 409,
    title: "Something is kept that is nowhere else",
    help: "See what it is: protector kept-snapshot list GROUP. Then say what becomes of it: protector protection-group delete GROUP --kept-snapshots delete, or keep, which leaves it on the arrays",
  },
  "kept_snapshot.not_found": {
    status: 404,
    title: "No such kept snapshot",
    help: "See which are kept, and at which site: protector kept-snapshot list GROUP",
  },
  "reclaim.not_here": {
    status: 409,
    title: "Reclaim runs on the former primary",
    help: "Name the site whose servers are to come back: protector reclaim GROUP --site SITE",
  },
  "reclaim.reason_required": {
    status: 409,
    title: "Reason required",
    help: "Two running copies of a server destroy each other's data. Make sure that nothing runs there, then repeat with --reason TEXT.",
  },
} as const satisfies ErrorCatalogueEntries;
