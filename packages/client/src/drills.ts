import { isTestStanding } from "@protector/contract";
import { clientError } from "./api-error.ts";
import { askedWindow, type FailoverRequest, type RunningOperation } from "./recoveries.ts";
import type { ReachableView, SiteView } from "./site-view.ts";
import { askedHow, keyed, type RecoveryOptions, type StartOptions } from "./start-options.ts";
import type { TwoSiteClient } from "./two-site-client.ts";

export interface TestFailoverOptions extends RecoveryOptions {
  /** Name or id of a kept point; default: the latest usable one. */
  readonly recoveryPoint?: string;
  readonly cleanup?: "manual" | "auto";
  /** s */
  readonly timeLimit?: number;
  readonly suffix?: string;
}

/**
 * Test failover at the site that would survive. Needs nothing of the primary: an owed document is carried on the way when
 * both answer.
 */
export async function testFailover(
  sites: TwoSiteClient,
  ref: string,
  { recoveryPoint, cleanup, timeLimit, suffix, ...options }: TestFailoverOptions = {},
): Promise<RunningOperation> {
  const { id, other } = await sites.inspectAndMend(ref);
  if (!other.isReachable) throw other.failure;
  const body = {
    test_failover: {
      ...askedHow(options),
      ...(recoveryPoint === undefined ? {} : { recovery_point: recoveryPoint }),
      ...(cleanup === undefined ? {} : { cleanup }),
      ...(timeLimit === undefined ? {} : { time_limit: timeLimit }),
      ...(suffix === undefined ? {} : { suffix }),
    },
  };
  const { operation } = await other.client.call("protection_groups.action", { path: { id }, body, ...keyed(options) });
  return { operation, client: other.client };
}

export interface TestCleanupOptions extends StartOptions {
  /** Only this test failover. */
  readonly testId?: string;
}

/**
 * Deletes what test failovers of a group made, at the site where they stand.
 * @throws ApiError `test.none_standing` when none stands at a site that answers.
 */
export async function testCleanup(
  sites: TwoSiteClient,
  ref: string,
  { testId, ...options }: TestCleanupOptions = {},
): Promise<RunningOperation> {
  const { id, primary, other } = await sites.inspect(ref);
  const answering = [other, primary].filter((view): view is ReachableView => view.isReachable);
  const [first] = answering;
  if (!first) throw silenceOf(other);
  const standing = await Promise.all(answering.map((view) => hasTest(view, id, testId)));
  const view = answering.find((_, index) => standing[index]) ?? first;
  const silent = [other, primary].find((each) => !each.isReachable);
  if (!standing.includes(true) && silent && !silent.isReachable) {
    const detail = `No test of "${ref}" stands at ${first.name}; ${silent.name} does not answer.`;
    throw clientError("test.none_standing", first.name, detail);
  }
  const body = { test_cleanup: testId === undefined ? {} : { test_id: testId } };
  const { operation } = await view.client.call("protection_groups.action", { path: { id }, body, ...keyed(options) });
  return { operation, client: view.client };
}

export interface TestPromotion extends FailoverRequest {
  /** The test failover whose recovery point is taken; default: the newest one that is proven. */
  readonly testId?: string;
  /** Why to go on when something cannot be fenced. */
  readonly reason?: string;
}

/**
 * Unplanned failover from the recovery point that a test has proven, with fresh clones; asked of the site of the test alone.
 * @throws ApiError `test.not_proven` when no test there has shown every server up.
 */
export async function testPromote(
  sites: TwoSiteClient,
  ref: string,
  { testId, reason, ...options }: TestPromotion = {},
): Promise<RunningOperation> {
  const { id, other } = await sites.inspectAndMend(ref);
  if (!other.isReachable) throw other.failure;
  const body = {
    test_promote: {
      ...askedHow(options),
      ...askedWindow(options),
      ...(testId === undefined ? {} : { test_id: testId }),
      ...(reason === undefined ? {} : { reason }),
    },
  };
  const { operation } = await other.client.call("protection_groups.action", { path: { id }, body, ...keyed(options) });
  return { operation, client: other.client };
}

function silenceOf(view: SiteView): unknown {
  return view.isReachable ? undefined : view.failure;
}

/** Tests are known at the other site too, from the history: only those of the site itself stand there. */
export async function hasTest(
  { client, siteId }: Pick<ReachableView, "client" | "siteId">,
  groupId: string,
  testId: string | undefined,
): Promise<boolean> {
  const query = { protection_group_id: groupId, type: "test_failover" };
  const tests = await client.all("operations.index", { query });
  return tests.some((test) => {
    if (test.site_id !== siteId || test.is_dry_run) return false;
    return testId === undefined ? isTestStanding(test.phase) : test.id === testId;
  });
}
