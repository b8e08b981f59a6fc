import {
  ENDED_OPERATION_STATUSES,
  type Operation,
  type OperationAction,
  type OperationStep,
} from "@protector/contract";
import type { Clock } from "@protector/ports";
import { ApiError, clientError } from "./api-error.ts";
import type { RunningOperation } from "./recoveries.ts";
import type { SiteClient } from "./site-client.ts";
import { siteIdOf } from "./site-view.ts";
import type { TwoSiteClient } from "./two-site-client.ts";

/** Whether nobody works on an operation any more. */
export function isEnded(operation: Pick<Operation, "status">): boolean {
  return (ENDED_OPERATION_STATUSES as readonly string[]).includes(operation.status);
}

/** Whether a failover's servers run and it waits for a commit or a rollback. */
export function isOpenForCommit({ verbs }: Pick<Operation, "verbs">): boolean {
  return verbs.includes("commit");
}

/**
 * Whether an operation stands still until a person asks something of it, or for good. An ended one of which something
 * has been asked offers no verbs until the engine has taken that up.
 */
export function isAtRest({ status, verbs, is_dry_run }: Pick<Operation, "status" | "verbs" | "is_dry_run">): boolean {
  if (isOpenForCommit({ verbs })) return true;
  // Nothing can be asked of a plan that failed.
  if (is_dry_run && status === "failed") return true;
  if (status === "paused" || status === "failed" || status === "completed_with_errors") return verbs.length > 0;
  return isEnded({ status });
}

/** Sites whose operations are asked for. */
export type AskedSites = Pick<TwoSiteClient, "near"> & { farOrFailure(): Promise<SiteClient | ApiError | undefined> };

/** One site instead of two. */
export function siteAlone(near: SiteClient): AskedSites {
  return { near, farOrFailure: async () => undefined };
}

/**
 * An operation with the site that runs it; where that site gives no answer, with the site that knows it from its
 * history.
 * @throws ApiError `operation.not_found`
 */
export async function findOperation(sites: AskedSites, id: string): Promise<RunningOperation> {
  const { lists, silent } = await askBoth(sites, async (client) => ({
    client,
    siteId: await siteIdOf(client),
    operations: await oneOrNone(client, id),
  }));
  const known = lists.flatMap(({ client, siteId, operations }) =>
    operations.map((operation) => ({ client, operation, isOwn: operation.site_id === siteId })),
  );
  const found = known.find(({ isOwn }) => isOwn) ?? known[0];
  if (found) {
    const { operation, client, isOwn } = found;
    return isOwn ? { operation, client } : { operation, client, site: silent[0]?.site ?? operation.site_id };
  }
  const unasked = silent.length > 0 ? ` (${silent.map(({ site }) => site).join(", ")} does not answer)` : "";
  throw clientError(
    "operation.not_found",
    sites.near.name,
    `No operation "${id}" at ${lists.map(({ client }) => client.name).join(" or ")}${unasked}.`,
  );
}

/**
 * The operation that a key has started before; undefined when there is none at the sites that answer.
 * @param wanted what the caller would start with the key now.
 * @throws ApiError `request.idempotency_conflict` when it started something else.
 */
export async function startedByKey(
  sites: TwoSiteClient,
  key: string,
  wanted: { readonly type: Operation["type"]; readonly subjectId: string },
): Promise<RunningOperation | undefined> {
  // Quoted behind an operator: a key may look like one, and hold commas.
  const query = { idempotency_key: `in:"${key}"` };
  const { lists } = await askBoth(sites, async (client) => ({
    client,
    operations: await client.all("operations.index", { query }),
  }));
  for (const { client, operations } of lists) {
    const [operation] = operations;
    if (!operation) continue;
    if (operation.type === wanted.type && subjectOf(operation) === wanted.subjectId) return { operation, client };
    const detail = `The key ${key} came with another request: it has started ${operation.type} ${operation.id} of "${operation.protection_group_name}".`;
    throw clientError("request.idempotency_conflict", client.name, detail, { operationId: operation.id });
  }
  return undefined;
}

/** Asks something of an operation at the site that runs it. */
export async function askOperation(sites: TwoSiteClient, id: string, body: OperationAction): Promise<RunningOperation> {
  const { client } = await findOperation(sites, id);
  const { operation } = await client.call("operations.action", { path: { id }, body });
  return { operation, client };
}

/** An operation at one moment. */
export interface OperationMoment {
  readonly operation: Operation;
  readonly steps: readonly OperationStep[];
  /** Set while the site gives no answer: what is shown is the last that was seen. */
  readonly silence: ApiError | undefined;
}

export interface WatchOptions {
  readonly clock: Clock;
  /** ms between two looks; default 1000. */
  readonly intervalMs?: number;
  /** Stops watching; the operation goes on. */
  readonly signal?: AbortSignal;
}

/** What an operation is about: the id of its group, of its recovery plan, or the name of the site. */
export function subjectOf(operation: Operation): string {
  return operation.protection_group_id ?? operation.recovery_plan_id ?? operation.protection_group_name;
}

/**
 * Looks at an operation again and again until it rests; the last moment is that one. A site that gives no answer in
 * between is asked again.
 * @throws the signal's reason when it aborts; ApiError for what the site refuses.
 */
export async function* watchOperation(
  { operation, client }: RunningOperation,
  { clock, intervalMs = 1000, signal }: WatchOptions,
): AsyncGenerator<OperationMoment, Operation, undefined> {
  let last: OperationMoment = { operation, steps: [], silence: undefined };
  for (;;) {
    signal?.throwIfAborted();
    last = await look(client, last);
    yield last;
    if (isAtRest(last.operation) && !last.silence) return last.operation;
    await clock.sleep(intervalMs, signal);
  }
}

async function look(client: SiteClient, last: OperationMoment): Promise<OperationMoment> {
  const path = { id: last.operation.id };
  try {
    // The operation first: steps that are read after it are never older than its status.
    const { operation } = await client.call("operations.show", { path });
    const { steps } = await client.call("operations.steps", { path });
    return { operation, steps, silence: undefined };
  } catch (error) {
    if (!(error instanceof ApiError) || !(error.isSilence || (error.status ?? 0) >= 502)) throw error;
    return { ...last, silence: error };
  }
}

async function oneOrNone(client: SiteClient, id: string): Promise<readonly Operation[]> {
  try {
    return [(await client.call("operations.show", { path: { id } })).operation];
  } catch (error) {
    if (error instanceof ApiError && (error.code === "operation.not_found" || error.code === "request.invalid"))
      return [];
    throw error;
  }
}

/** Asks both sites; one that gives no answer is told, unless both do. */
export async function askBoth<T>(
  sites: AskedSites,
  ask: (client: SiteClient) => Promise<T>,
): Promise<{ readonly lists: readonly T[]; readonly silent: readonly ApiError[] }> {
  const lists: T[] = [];
  const silent: ApiError[] = [];
  const askFar = async () => {
    const far = await sites.farOrFailure();
    if (far instanceof ApiError) throw far;
    return far && ask(far);
  };
  const outcomes = await Promise.allSettled([ask(sites.near), askFar()]);
  for (const outcome of outcomes) {
    if (outcome.status === "fulfilled") lists.push(...(outcome.value === undefined ? [] : [outcome.value]));
    else if (outcome.reason instanceof ApiError && outcome.reason.isSilence) silent.push(outcome.reason);
    else throw outcome.reason;
  }
  const [first] = silent;
  if (first && lists.length === 0) throw first;
  return { lists, silent };
}
