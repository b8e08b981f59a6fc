import type { GroupOperationType } from "../runner/operation-store.ts";
import { failback } from "./failback.ts";
import { groupCreate } from "./group-create.ts";
import { groupDelete } from "./group-delete.ts";
import { memberAdd } from "./member-add.ts";
import { memberRemove } from "./member-remove.ts";
import { memberUpdate } from "./member-update.ts";
import { moveHome } from "./move-home.ts";
import { plannedFailover } from "./planned-failover.ts";
import { policyDelete } from "./policy-delete.ts";
import { reclaim } from "./reclaim.ts";
import { replacePeer } from "./replace-peer.ts";
import { reprotect } from "./reprotect.ts";
import { snapshotDelete } from "./snapshot-delete.ts";
import { sync } from "./sync.ts";
import { testCleanup } from "./test-cleanup.ts";
import { testFailover } from "./test-failover.ts";
import type { Workflow } from "./workflow.ts";

/** Every type of operation on one group. */
export const WORKFLOWS: Readonly<Record<GroupOperationType, Workflow>> = {
  failover: plannedFailover,
  failback,
  test_failover: testFailover,
  test_cleanup: testCleanup,
  sync,
  reclaim,
  reprotect,
  group_create: groupCreate,
  group_delete: groupDelete,
  policy_delete: policyDelete,
  member_add: memberAdd,
  member_remove: memberRemove,
  move_home: moveHome,
  replace_peer: replacePeer,
  snapshot_delete: snapshotDelete,
  member_update: memberUpdate,
};
