import type { MemberResult, OperationMode, OperationStatus, OperationType } from "@protector/contract";

/** What a sentence on an operation is made of. */
export interface OutcomeFacts {
  readonly type: OperationType;
  readonly mode: OperationMode | null;
  readonly status: OperationStatus;
  readonly is_dry_run: boolean;
  readonly protection_group_name: string;
  readonly servers: readonly Pick<MemberResult, "name" | "status">[];
  readonly groups: readonly { readonly protection_group_name: string; readonly status: OperationStatus }[];
}

const NAMES: Readonly<Record<OperationType, string>> = {
  failover: "failover",
  failback: "failback",
  reprotect: "reprotection",
  test_failover: "recovery test",
  test_cleanup: "clean-up of tests",
  sync: "replication",
  reclaim: "reclaim",
  move_home: "move of the home",
  replace_peer: "replacement of the second site",
  site_failover: "operation on many groups",
  group_create: "set-up of replication",
  group_delete: "deletion",
  policy_delete: "deletion of the replication policy",
  member_add: "addition of servers",
  member_remove: "removal of servers",
  member_update: "change of servers",
  snapshot_delete: "deletion of a kept snapshot",
};

const OF_MANY: Readonly<Record<OperationMode, string>> = {
  planned: "planned failover of many groups",
  unplanned: "unplanned failover of many groups",
  failback: "failback of many groups",
  reprotect: "reprotection of many groups",
  test_failover: "recovery test of many groups",
  test_cleanup: "clean-up of tests of many groups",
};

/** What people call an operation: `planned failover`, `recovery test`. */
export function operationName({ type, mode }: Pick<OutcomeFacts, "type" | "mode">): string {
  if (type === "site_failover") return mode === null ? NAMES.site_failover : OF_MANY[mode];
  return type === "failover" && mode !== null ? `${mode} failover` : NAMES[type];
}

const ENDS: Readonly<Record<OperationStatus, string>> = {
  pending: "has not begun",
  running: "is running",
  waiting: "is waiting",
  paused: "is paused",
  cancelling: "is being cancelled",
  rolling_back: "is being taken back",
  completed: "completed",
  completed_with_errors: "completed with errors",
  rolled_back: "was taken back",
  cancelled: "was cancelled",
  superseded: "was given up: the other site had taken over",
  failed: "failed",
};

/** States of a member that count as recovered. */
const RECOVERED: readonly string[] = ["failed_over", "tested", "home", "recovered"];

/** How an operation ended, in one sentence. */
export function outcomeSentence(facts: OutcomeFacts): string {
  const { status, is_dry_run, protection_group_name, servers, groups } = facts;
  const what = `The ${is_dry_run ? "plan of the " : ""}${operationName(facts)} of "${protection_group_name}"`;
  const counted = groups.length > 0 ? groupsText(groups) : serversText(servers);
  return `${what} ${is_dry_run && status === "completed" ? "was made, nothing was done" : `${ENDS[status]}${counted}`}.`;
}

function serversText(servers: OutcomeFacts["servers"]): string {
  const up = servers.filter(({ status }) => RECOVERED.includes(status));
  const missing = servers.filter(({ status }) => !RECOVERED.includes(status));
  if (up.length === 0) return "";
  const first = missing.slice(0, NAMED_AT_MOST).map(({ name }) => name);
  const more = missing.length > first.length ? ` and ${missing.length - first.length} more` : "";
  const rest = missing.length === 0 ? "" : `, not ${first.join(", ")}${more}`;
  return `: ${up.length} of ${servers.length} servers came up${rest}`;
}

function groupsText(groups: OutcomeFacts["groups"]): string {
  const done = groups.filter(({ status }) => status === "completed").length;
  return `: ${done} of ${groups.length} groups without errors`;
}

const NAMED_AT_MOST = 5;
