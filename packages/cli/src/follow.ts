import {
  type ApiError,
  isEnded,
  isOpenForCommit,
  type OperationMoment,
  type PlacedOperation,
  type RunningOperation,
  settleRun,
  watchOperation,
} from "@protector/client";
import { type Operation, type OperationStatus, TEST_PHASES } from "@protector/contract";
import { placed } from "./commands/operation-columns.ts";
import type { CommandContext } from "./context.ts";
import { exitCodeOfOperation, TimedOut } from "./exit-codes.ts";
import { durationText } from "./output/duration.ts";
import { sentence } from "./output/error-text.ts";
import { memberRows } from "./output/member-rows.ts";
import { OperationLines } from "./output/operation-lines.ts";
import { operationTitle, operationTree } from "./output/operation-tree.ts";
import { remedies } from "./output/remedies.ts";

type MemberName = (id: string) => string | undefined;

export interface FollowOptions {
  /** Only what it waits for is shown: for runs that only make a plan. */
  readonly isQuiet?: boolean;
}

/**
 * Watches an operation to its end: a tree that is drawn anew on a terminal, else one line per change, both on standard
 * error. Ctrl-C leaves the watch and nothing else.
 * @throws TimedOut after `--timeout`; the signal's reason when left.
 */
export async function follow(
  context: CommandContext,
  running: RunningOperation,
  { isQuiet = false }: FollowOptions = {},
): Promise<Operation> {
  const { host } = context;
  const names = isQuiet ? () => undefined : await memberNames(running);
  const show = isQuiet
    ? tellingWaits(context)
    : host.stderr.isTTY
      ? redrawing(context, names)
      : telling(context, names);
  const limit = new Limit(context);
  try {
    let last = running.operation;
    for await (const moment of watchOperation(running, { clock: host.clock, signal: limit.signal })) {
      last = moment.operation;
      show(moment);
      if (!isQuiet && isEnded(last)) for (const line of remedies(last, moment.steps)) context.note(line);
    }
    return last;
  } catch (error) {
    if (limit.isReached && error === limit.signal.reason) throw timedOut(context, running);
    if (host.interrupt?.aborted) context.note(`\nLeft. The operation goes on.\n${rejoin(running)}`);
    throw error;
  } finally {
    limit.stop();
  }
}

export interface FinishOptions {
  /** Waits even when that is not wanted: something else has to follow. */
  readonly isForced?: boolean;
  /** An end that is as good as `completed`: `cancelled` for who cancels. */
  readonly wished?: OperationStatus;
}

/**
 * Waits for an operation when that is wanted, takes what it has changed to the peer, and sets the exit code.
 * @returns the operation as it is then.
 */
export async function finish(
  context: CommandContext,
  running: RunningOperation,
  groupId: string | null,
  { isForced = false, wished }: FinishOptions = {},
): Promise<PlacedOperation> {
  if (!context.isWaiting && !isForced) {
    if (context.printer.isForPeople) context.note(`Accepted. ${rejoin(running)}`);
    return placed(running, running.operation);
  }
  const operation = await follow(context, running);
  if (isOpenForCommit(operation) && context.printer.isForPeople) context.note(windowNote(operation));
  if (isStandingTest(operation) && context.printer.isForPeople) context.note(testNote(operation));
  context.worsen(exitCodeOfOperation(operation, wished));
  await settle(context, operation, groupId);
  return placed(running, operation);
}

/** After the end of an operation the peer hears what has become of the group. */
export async function settle(context: CommandContext, operation: Operation, groupId: string | null): Promise<void> {
  if (operation.is_dry_run || !isEnded(operation)) return;
  const [failure] = groupId === null ? await settleRun(context.sites, operation) : await settleGroup(context, groupId);
  if (!failure) return;
  context.warn(
    `${failure.site} does not know the outcome yet: ${sentence(failure.message)} The next command on the group tells it.`,
  );
}

async function settleGroup({ sites }: CommandContext, groupId: string): Promise<readonly ApiError[]> {
  const delivery = await sites.settle(groupId);
  return delivery.isDelivered ? [] : [delivery.failure];
}

/** Names of a group's members by id, as the site that runs the operation knows them. */
export async function memberNames({ client, operation }: RunningOperation): Promise<MemberName> {
  const { protection_group_id: id } = operation;
  if (id === null) return () => undefined;
  try {
    const members = await client.all("members.index", { path: { id } });
    // One that is being added has its server's id for a name until it is captured.
    const named = members.filter(
      ({ name, home_server_id, peer_server_id }) => ![home_server_id, peer_server_id].includes(name),
    );
    const names = new Map(named.map((member) => [member.id, member.name]));
    return (id) => names.get(id);
  } catch {
    // A group that is being deleted has no list of members any more; names are a comfort only.
    return () => undefined;
  }
}

/** Whether servers of a test run beside production, and are not on their way out. */
function isStandingTest({ type, phase, is_dry_run, status_reason }: Operation): boolean {
  const isAuto = status_reason?.endsWith("is cleaned up now") === true;
  return type === "test_failover" && !is_dry_run && phase === TEST_PHASES.standing && !isAuto;
}

/** What a person does with a test that stands. */
function testNote({ protection_group_name: group }: Operation): string {
  return `\nThe test servers run. When you have looked at them: protector test-cleanup ${group}\nTo recover for real from what the test has proven: protector test-promote ${group}`;
}

/** What a person does in a commit window. */
function windowNote({ id }: Operation): string {
  return `\nThe servers run; nothing is final yet. Keep it: protector operation commit ${id}. Take it back: protector operation rollback ${id}`;
}

function rejoin({ operation }: RunningOperation): string {
  return `Watch it with: protector operation watch ${operation.id}`;
}

function timedOut(context: CommandContext, running: RunningOperation): TimedOut {
  const { operation } = running;
  const limit = durationText(context.options.timeout ?? 0);
  if (operation.is_dry_run) {
    const title = operationTitle(operation);
    return new TimedOut(`The plan of the ${title} was not there within ${limit}. Nothing has been started.`);
  }
  return new TimedOut(`The ${operationTitle(operation)} has not ended within ${limit} and goes on. ${rejoin(running)}`);
}

/** Draws the tree over itself. */
function redrawing(context: CommandContext, memberName: MemberName): (moment: OperationMoment) => void {
  const { host, paint } = context;
  let drawn = 0;
  return (moment) => {
    const width = host.stderr.columns ?? 80;
    const height = (host.stderr.rows ?? 24) - 1;
    const look = { width, now: host.clock.now(), paint, memberName };
    const members = memberRows(moment, { ...look, lines: Math.floor(height / 2) });
    const room = Math.max(3, height - 11 - members.length);
    const tree = operationTree(moment, { ...look, stepLines: room, hasMemberRows: members.length > 0 });
    // More lines than the screen has could not be drawn over.
    const lines = isEnded(moment.operation) ? tree : [...tree, ...members].slice(0, height);
    host.stderr.write(`${drawn > 0 ? `\u001b[${drawn}A\u001b[J` : ""}${lines.join("\n")}\n`);
    drawn = lines.length;
  };
}

function telling(context: CommandContext, memberName: MemberName): (moment: OperationMoment) => void {
  const lines = new OperationLines({ memberName, clock: context.host.clock });
  return (moment) => {
    for (const line of lines.next(moment)) context.note(line);
  };
}

/** Nobody waits for a plan without knowing why it does not come. */
function tellingWaits(context: CommandContext): (moment: OperationMoment) => void {
  const tell = telling(context, () => undefined);
  return (moment) => {
    if (moment.operation.status === "waiting") tell({ ...moment, steps: [] });
  };
}

/** Ctrl-C and `--timeout` in one signal. */
class Limit {
  readonly signal: AbortSignal;
  isReached = false;
  readonly #done = new AbortController();

  constructor({ host, options }: CommandContext) {
    const expired = new AbortController();
    this.signal = host.interrupt ? AbortSignal.any([host.interrupt, expired.signal]) : expired.signal;
    if (options.timeout === undefined) return;
    host.clock.sleep(options.timeout * 1000, this.#done.signal).then(
      () => {
        this.isReached = true;
        expired.abort();
      },
      () => {},
    );
  }

  stop(): void {
    this.#done.abort();
  }
}
