import { clientError } from "./api-error.ts";
import { hasTest } from "./drills.ts";
import type { RunningOperation } from "./recoveries.ts";
import type { ReachableView } from "./site-view.ts";
import type { TwoSiteClient } from "./two-site-client.ts";

/**
 * Deletes the replication policy of a group without members, and what it set up on both arrays. The other site is asked
 * first whether it still needs the policy, which only it knows.
 * @throws ApiError `policy.in_use` naming what needs it; `policy.not_found`.
 */
export async function deletePolicy(sites: TwoSiteClient, ref: string): Promise<RunningOperation> {
  const { value, client } = await sites.change(ref, async (primary, id, other) => {
    await requireNoUseAt(other, id);
    return primary.call("policies.delete", { path: { id } });
  });
  return { operation: value.operation, client };
}

async function requireNoUseAt(other: ReachableView, id: string): Promise<void> {
  const { client, name, group } = other;
  const [stands, kept] = await Promise.all([
    hasTest(other, id, undefined),
    client.all("kept_snapshots.index", { path: { id } }),
  ]);
  const uses = [
    ...(stands ? ["a test failover stands there"] : []),
    ...kept.map((snapshot) => `kept snapshot ${snapshot.name} is on its array`),
  ];
  if (uses.length === 0) return;
  const detail = `The replication policy of "${group?.name ?? id}" is in use at ${name}: ${uses.join("; ")}.`;
  throw clientError("policy.in_use", name, detail);
}
