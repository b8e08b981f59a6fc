import { ProtectorError } from "@protector/contract";

/** What a person wants to leave out of an operation, and why. Exactly one of `member` and `step`. */
export interface SkipRequest {
  readonly reason: string;
  /** Id of the member, or name of its server. */
  readonly member?: string | undefined;
  /** Key of the step. */
  readonly step?: string | undefined;
}

/** As much of a step as decides whether it can be left out. */
export interface SkippableStep {
  readonly key: string;
  readonly action: string;
  readonly status: string;
  readonly memberId: string | null;
  /** A skipped step with one is owed, or has been left out before. */
  readonly output: unknown;
}

/** What members are called, for {@link stepsToSkip}. */
export function memberIds(
  members: readonly { readonly id: string; readonly name: string }[],
): ReadonlyMap<string, string> {
  return new Map(members.flatMap(({ id, name }) => [[name, id] as const, [id, id] as const]));
}

/** Steps that nothing reads the outcome of: each can be left out alone. */
const SKIPPABLE = new Set([
  "cinder_group.ensure",
  "floating_ip.ensure",
  "gate.console",
  "gate.http",
  "gate.tcp",
  "gate.webhook",
  "hook.call",
  "port.plug",
  "port.rewire",
  "port.unplug",
  "replication.drop",
  "replication.tidy",
  "server.park",
  "server.resize",
  "server.unlock",
  "test.remove",
  "volume.describe",
  "volume.drop_kept",
  "volume.grow",
]);

/** Steps whose undoing nothing waits for: what they made stays, and is named. */
const UNDOING_SKIPPABLE = new Set(["floating_ip.ensure", "hook.call", "key_pair.ensure", "server_group.ensure"]);

/** Statuses of a step that is being taken back, or has been. */
const TAKEN_BACK = new Set(["undoing", "undone", "undo_failed"]);

/** Whether a step's undoing can be left out when it fails. */
export function isUndoingSkippable({ action }: Pick<SkippableStep, "action">): boolean {
  return UNDOING_SKIPPABLE.has(action);
}

/** Keeps the only copy of something: never left out. */
const NEVER = new Set(["volume.keep"]);

/** Statuses of a step that holds an operation up. */
const STUCK = new Set(["failed", "waiting"]);
/** Statuses of a step that a member can be left out of. */
const OPEN = new Set(["failed", "waiting", "pending", "running", "skipped"]);

/** Step that makes the target primary; plans without one leave the group where it is. */
const SWITCH = "epoch.target";

/**
 * The steps that a request leaves out; of an operation that is being taken back the one whose undoing is left out. What keeps servers from running at two sites is never among them: a member goes only
 * when the target is primary.
 * @param ids ids of members by id and by name.
 * @throws ProtectorError `operation.cannot_skip` that says what helps instead.
 */
export function stepsToSkip<S extends SkippableStep>(
  steps: readonly S[],
  { member, step: key }: SkipRequest,
  ids: ReadonlyMap<string, string>,
): readonly S[] {
  if (steps.some(({ status }) => TAKEN_BACK.has(status))) return [oneUndoing(steps, key)];
  if (key !== undefined) return [oneStep(steps, key)];
  const id = ids.get(member ?? "");
  const own = steps.filter(
    ({ memberId, status, output }) =>
      memberId === id && id !== undefined && OPEN.has(status) && (status !== "skipped" || output == null),
  );
  if (!own.some(({ status }) => STUCK.has(status))) {
    throw cannot(`Nothing of member "${member}" has failed or waits in this operation.`);
  }
  const kept = own.find(({ action }) => NEVER.has(action));
  if (kept) throw cannot(`Step ${kept.key} keeps the only copy of what a volume holds. Retry it, or roll back.`);
  const change = steps.find((each) => each.key === SWITCH);
  if (change && change.status !== "completed") {
    throw cannot(
      `Member "${member}" still belongs to the site that is left: roll the operation back, then take it out with: protector member remove`,
    );
  }
  return own;
}

function oneStep<S extends SkippableStep>(steps: readonly S[], key: string): S {
  const found = steps.find((each) => each.key === key);
  if (!found) throw cannot(`The operation has no step ${key}.`);
  if (!STUCK.has(found.status))
    throw cannot(`Step ${key} is ${found.status}; only one that has failed or waits is skipped.`);
  if (SKIPPABLE.has(found.action)) return found;
  const instead = found.memberId === null ? "Retry it, or roll the operation back." : "Retry it, or skip its member.";
  throw cannot(`Other steps need what step ${key} does. ${instead}`);
}

function oneUndoing<S extends SkippableStep>(steps: readonly S[], key: string | undefined): S {
  if (key === undefined)
    throw cannot(
      "The operation is being taken back, every member with it. The undoing of one step is skipped by its key.",
    );
  const found = steps.find((each) => each.key === key);
  if (!found) throw cannot(`The operation has no step ${key}.`);
  if (found.status !== "undo_failed")
    throw cannot(`Step ${key} is ${found.status}; on the way back only one whose undoing has failed is skipped.`);
  if (isUndoingSkippable(found)) return found;
  throw cannot(`What step ${key} did has to be taken back. Roll back again, or abandon the operation.`);
}

function cannot(detail: string): ProtectorError {
  return new ProtectorError("operation.cannot_skip", detail);
}
