import type { Operation, RecoveryPlan, RecoveryPlanAction } from "@protector/contract";
import { ApiError, clientError } from "./api-error.ts";
import type { RunningOperation } from "./recoveries.ts";
import { findRecoveryPlan } from "./recovery-plans.ts";
import type { SiteClient } from "./site-client.ts";
import { siteIdOf } from "./site-view.ts";
import { askedHow, keyed, type RecoveryOptions } from "./start-options.ts";
import { carry, type TwoSiteClient } from "./two-site-client.ts";

/** What is done with many groups. */
export type RunMode = "planned" | "unplanned" | "failback" | "reprotect" | "test_failover" | "test_cleanup";

export interface RunRequest extends RecoveryOptions {
  readonly mode: RunMode;
  /** Most groups at work at once; default: the plan's. */
  readonly concurrency?: number;
  /** Groups with blockers stay where they are. */
  readonly skipBlocked?: boolean;
  /** Unplanned only: why to go on when something cannot be fenced. */
  readonly reason?: string;
  /** Tests only; default auto. */
  readonly cleanup?: "manual" | "auto";
  /** Tests only, s. */
  readonly timeLimit?: number;
  /** Tests only. */
  readonly suffix?: string;
}

export interface PlanRunRequest extends RunRequest {
  /** Name or id of the site that runs it; default: the one that the groups' servers come to, or are brought home to. */
  readonly at?: string;
}

/**
 * Runs a recovery plan: one operation over all its groups.
 * @throws ApiError `site.ambiguous` when the groups run at both sites and nothing says where they shall come together.
 */
export async function runRecoveryPlan(
  sites: TwoSiteClient,
  ref: string,
  { at, ...request }: PlanRunRequest,
): Promise<RunningOperation> {
  const { plan, client } = await findRecoveryPlan(sites, ref);
  const ids = (plan.groups ?? []).map(({ protection_group_id }) => protection_group_id);
  const isPeerNeeded = request.mode !== "unplanned" && request.mode !== "test_cleanup";
  const failure = await carryOwedGroups(sites, ids);
  if (failure && isPeerNeeded) throw failure;
  const runner = at === undefined ? await runnerOf(sites, plan, client, request.mode) : await siteNamed(sites, at);
  const { operation } = await runner.call("recovery_plans.action", {
    path: { id: plan.id },
    body: actionOf(request),
    ...keyed(request),
  });
  return { operation, client: runner };
}

/**
 * Does the same with every group of a site, in whatever project: those that run there; for `failback` and `reprotect`
 * those that are at home there.
 * @param site name or id, as registered.
 */
export async function runSiteFailover(
  sites: TwoSiteClient,
  site: string,
  request: RunRequest,
): Promise<RunningOperation> {
  const { client: anywhere, rows } = await knownSites(sites);
  const named = rows.find(({ id, name }) => id === site || name === site);
  if (!named) {
    const names = rows.map(({ name }) => name).join(", ") || "none";
    throw clientError(
      "site.not_found",
      anywhere.name,
      `No site "${site}" is registered at ${anywhere.name}: ${names}.`,
    );
  }
  const isHere = named.is_local === (anywhere === sites.near);
  const [own, other] = isHere ? [sites.near, undefined] : [undefined, sites.near];
  const isRunAtIt = request.mode === "failback";
  const runner = isRunAtIt ? (own ?? (await sites.far())) : (other ?? (await sites.far()));
  const peer = isRunAtIt ? {} : { peer_site_id: named.id };
  const { operation } = await runner.call("site_failovers.create", {
    body: { action: actionOf(request), ...peer },
    ...keyed(request),
  });
  return { operation, client: runner };
}

/** Takes what has become of a run's groups to the other site, as far as the caller may; silence is no error here. */
export async function settleRun(
  sites: TwoSiteClient,
  { children = [], project_id }: Operation,
): Promise<readonly ApiError[]> {
  const own = children.filter((child) => child.project_id === project_id);
  const ids = [...new Set(own.map(({ protection_group_id }) => protection_group_id))];
  const failures: ApiError[] = [];
  await inParallel(ids, async (id) => {
    const delivery = await sites.settle(id);
    if (!delivery.isDelivered) failures.push(delivery.failure);
  });
  return failures;
}

function actionOf({
  mode,
  concurrency,
  skipBlocked,
  reason,
  cleanup,
  timeLimit,
  suffix,
  ...how
}: RunRequest): RecoveryPlanAction {
  const common = {
    ...askedHow(how),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(skipBlocked === undefined ? {} : { skip_blocked: skipBlocked }),
  };
  switch (mode) {
    case "planned":
      return { failover: { mode, ...common } };
    case "unplanned":
      return { failover: { mode, ...common, ...(reason === undefined ? {} : { reason }) } };
    case "test_failover":
      return {
        test_failover: {
          ...common,
          ...(cleanup === undefined ? {} : { cleanup }),
          ...(timeLimit === undefined ? {} : { time_limit: timeLimit }),
          ...(suffix === undefined ? {} : { suffix }),
        },
      };
    case "failback":
      return { failback: common };
    case "reprotect":
      return { reprotect: common };
    case "test_cleanup":
      return { test_cleanup: common };
  }
}

/** Where a plan is run when nobody says: at the home of its groups, where they run, or where they do not run. */
async function runnerOf(
  sites: TwoSiteClient,
  plan: RecoveryPlan,
  knowing: SiteClient,
  mode: RunMode,
): Promise<SiteClient> {
  const groups = (plan.groups ?? []).filter(({ primary_site_id }) => primary_site_id !== null);
  const wanted = new Set(groups.map((group) => (mode === "failback" ? group.home_site_id : group.primary_site_id)));
  const isAt = mode === "failback" || mode === "reprotect";
  const [first] = wanted;
  if (wanted.size > 1) {
    const detail = `Groups of recovery plan "${plan.name}" ${mode === "failback" ? "are at home" : "run"} at both sites: say which one is meant with --at SITE.`;
    throw clientError("site.ambiguous", knowing.name, detail);
  }
  const knownId = await siteIdOf(knowing);
  const isKnowing = (first === undefined || first === knownId) === isAt || first === undefined;
  if (isKnowing) return knowing;
  return knowing === sites.near ? sites.far() : sites.near;
}

async function siteNamed(sites: TwoSiteClient, name: string): Promise<SiteClient> {
  const { client, rows } = await knownSites(sites);
  const row = rows.find((site) => site.id === name || site.name === name);
  if (name === sites.near.name) return sites.near;
  if (row) return row.is_local === (client === sites.near) ? sites.near : sites.far();
  const far = await sites.far();
  if (far.name === name) return far;
  const detail = `No site "${name}" here; the sites are ${sites.near.name} and ${far.name}.`;
  throw clientError("site.not_found", name, detail);
}

/** The registered sites as the near site knows them, else the far. */
async function knownSites(sites: TwoSiteClient) {
  try {
    return { client: sites.near, rows: await sites.near.all("site_summaries.index") };
  } catch (error) {
    if (!(error instanceof ApiError) || !error.isSilence) throw error;
    const far = await sites.far();
    return { client: far, rows: await far.all("site_summaries.index") };
  }
}

/** Documents of groups that a site owes the other; answers why it could not be done. */
async function carryOwedGroups(sites: TwoSiteClient, ids: readonly string[]): Promise<ApiError | undefined> {
  const wanted = new Set(ids);
  const other = await sites.farOrFailure();
  if (other instanceof ApiError) return other;
  try {
    for (const [from, to] of [
      [sites.near, other],
      [other, sites.near],
    ] as const) {
      const groups = await from.all("protection_groups.index");
      const owed = groups.filter((group) => {
        return wanted.has(group.id) && group.is_primary_here && group.sync_status === "OUT OF SYNC";
      });
      await inParallel(owed, (group) => carry(group.id, from, to));
    }
    return undefined;
  } catch (error) {
    if (error instanceof ApiError && error.isSilence) return error;
    throw error;
  }
}

const AT_ONCE = 8;

async function inParallel<T>(items: readonly T[], act: (item: T) => Promise<unknown>): Promise<void> {
  const queue = [...items];
  const work = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await act(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}
