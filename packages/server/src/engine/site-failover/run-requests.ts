import type { OperationStatus, OperationVerb } from "@protector/contract";
import { readOptionalJson } from "../../db/codecs.ts";
import type { OperationSummary } from "../../db/repositories/operations.ts";
import { findProtectionGroupRow } from "../../db/repositories/protection-groups.ts";
import type { StepWrite } from "../runner/journal.ts";
import { clearRequest, setOperation } from "../runner/operation-tools.ts";
import { askChild, isAtWork } from "./children.ts";
import type { GroupStep } from "./group-step.ts";
import type { Look } from "./look.ts";
import { namesOf } from "./run-end.ts";

/** What a person asked. */
type Asked = NonNullable<ReturnType<typeof requestOf>>;

function requestOf({ operation }: Look) {
  return readOptionalJson(operation.request);
}

/** Carries out what a person asked of a run; it reaches the operation of every group that it is for. */
export async function takeUpRequest(look: Look): Promise<OperationStatus> {
  const asked = requestOf(look);
  if (!asked) return look.operation.status;
  switch (asked.verb) {
    case "cancel":
      return look.operation.status === "paused" ? close(look, "cancelled") : beginStopping(look, "cancelling");
    case "rollback":
      return beginStopping(look, "rolling_back");
    case "abandon":
      return abandon(look, asked);
    // The last two are offered for the operations of groups alone.
    case "resume":
    case "retry":
    case "skip":
    case "commit":
      return goOn(look, asked);
  }
}

/** From now on nothing more is begun. */
async function beginStopping(look: Look, status: "cancelling" | "rolling_back"): Promise<OperationStatus> {
  const { journal, operation, steps } = look;
  await journal.write(`operation ${status}`, async (trx) => {
    await setOperation(trx, operation.id, { status, status_reason: null, next_look_at: null, finished_at: null });
    await clearRequest(trx, operation);
  });
  const open = steps.filter(({ course }) => course === "pending");
  const write: StepWrite = { status: "skipped", message: "stopped before it began", finishedAt: "now" };
  await Promise.all(open.map(({ key }) => journal.writeStep(key, write)));
  return status;
}

/**
 * Stops the operations of the groups: each takes back what it did, or stops at its next safe boundary. When all of them
 * rest, the run says where every group is.
 */
export async function stopChildren(look: Look): Promise<OperationStatus> {
  const { ports, operation, steps, children } = look;
  const userId = operation.user_id;
  const isRollingBack = operation.status === "rolling_back";
  for (const child of children.values()) {
    if (["pending", "running", "waiting"].includes(child.status))
      await askChild(ports, child, { verb: "cancel", userId });
    else if (isRollingBack && ["failed", "paused"].includes(child.status))
      await askChild(ports, child, { verb: "rollback", userId });
  }
  const isBusy = steps.some((step) => {
    const child = childOf(step, children);
    return child !== undefined && (isAtWork(child) || (isRollingBack && isRollable(child)));
  });
  if (isBusy) return operation.status;
  if (isRollingBack) return close(look, "rolled_back");
  const isUntouched = steps.every(
    (step) => step.status !== "completed" && childOf(step, children)?.status !== "paused",
  );
  return isUntouched ? close(look, "cancelled") : pause(look);
}

function isRollable({ status, is_past_no_return: isPast }: OperationSummary): boolean {
  return (status === "failed" || status === "paused") && isPast === 0;
}

async function close(look: Look, status: "cancelled" | "rolled_back"): Promise<OperationStatus> {
  const { ports, journal, operation } = look;
  await journal.write(`end ${status}`, async (trx) => {
    await setOperation(trx, operation.id, {
      status,
      status_reason: whereTheyAre(look),
      next_look_at: null,
      remaining_seconds: null,
      finished_at: ports.connection.now(),
    });
    await clearRequest(trx, operation);
  });
  return status;
}

async function pause(look: Look): Promise<OperationStatus> {
  const { journal } = look;
  await journal.writeOperation({
    status: "paused",
    status_reason: `stopped: ${whereTheyAre(look)}. Resume it, or take it as it is: protector operation cancel`,
    next_look_at: null,
    remaining_seconds: null,
  });
  return "paused";
}

/** In one line: which groups are through, which stand in the midst, which were not touched or taken back. */
function whereTheyAre({ steps, children }: Look): string {
  const through = steps.filter(({ status }) => status === "completed");
  const halfway = steps.filter((step) => {
    const status = childOf(step, children)?.status;
    return step.status !== "completed" && (status === "paused" || status === "failed");
  });
  const rest = steps.length - through.length - halfway.length;
  const plain = (each: readonly GroupStep[]) => namesOf(each.map((step) => ({ ...step, message: null })));
  return [
    through.length === 0 ? "" : `${through.length} done: ${plain(through)}`,
    halfway.length === 0 ? "" : `${halfway.length} in the midst: ${plain(halfway)}`,
    rest === 0 ? "" : `${rest} as before`,
  ]
    .filter(Boolean)
    .join("; ");
}

/** What rests is given up with it; what is at work goes on to its own end. */
async function abandon(look: Look, { reason = "" }: Asked): Promise<OperationStatus> {
  const { ports, operation, children, journal } = look;
  for (const child of children.values()) {
    if (["failed", "paused", "waiting"].includes(child.status))
      await askChild(ports, child, { verb: "abandon", userId: operation.user_id, reason });
  }
  await journal.write("end cancelled", async (trx) => {
    await setOperation(trx, operation.id, {
      status: "cancelled",
      status_reason: `abandoned: ${reason}`,
      next_look_at: null,
      remaining_seconds: null,
      finished_at: ports.connection.now(),
    });
    await clearRequest(trx, operation);
  });
  return "cancelled";
}

/** Every group that has not come through gets its turn again: by its own operation where that can go on, else by a new one. */
async function goOn(look: Look, asked: Asked): Promise<OperationStatus> {
  const { journal, operation, steps } = look;
  const writes: [string, StepWrite][] = [];
  for (const step of steps) {
    const write = await writeToGoOn(look, step, asked);
    if (write) writes.push([step.key, write]);
  }
  await Promise.all(writes.map(([key, write]) => journal.writeStep(key, write)));
  await journal.write("operation running", async (trx) => {
    const cleared = { status_reason: null, error: null, next_look_at: null, finished_at: null };
    await setOperation(trx, operation.id, { status: "running", ...cleared });
    await clearRequest(trx, operation);
  });
  return "running";
}

const AGAIN: StepWrite = { status: "pending", message: null, error: null, output: {}, finishedAt: null };

async function writeToGoOn(look: Look, step: GroupStep, asked: Asked): Promise<StepWrite | undefined> {
  if (step.course === "pending") return undefined;
  if (step.status === "completed" && !step.isPartial) return undefined;
  const child = childOf(step, look.children);
  if (!child || step.status === "skipped") return AGAIN;
  const running: StepWrite = { status: "running", message: null, error: null, finishedAt: null };
  // A person has mended it meanwhile, or an earlier look had asked already.
  if (child.status === "completed" || isAtWork(child)) return running;
  const verb = await verbFor(look, child);
  if (verb === undefined) return AGAIN;
  const { user_id: userId, as, reason } = asked;
  const isAlone = verb === "resume" && as !== undefined ? { as, ...(reason === undefined ? {} : { reason }) } : {};
  return (await askChild(look.ports, child, { verb, userId, ...isAlone })) ? running : AGAIN;
}

/** How a group's operation goes on; undefined when it is over and has let the group go. */
async function verbFor({ ports }: Look, child: OperationSummary): Promise<OperationVerb | undefined> {
  if (child.status === "paused") return "resume";
  if (child.status === "completed_with_errors") return "retry";
  if (child.status !== "failed" || child.protection_group_id === null) return undefined;
  if (child.type === "test_failover") return "retry";
  const group = await findProtectionGroupRow(ports.connection.db, child.protection_group_id);
  return group?.current_operation_id === child.id ? "resume" : undefined;
}

function childOf({ operationId }: GroupStep, children: Look["children"]): OperationSummary | undefined {
  return operationId === undefined ? undefined : children.get(operationId);
}
