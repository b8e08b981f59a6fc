import type { SiteClient } from "@protector/client";
import type { ProtectionGroup } from "@protector/contract";
import { ok, type Verdict, warning } from "./finding.ts";

/** Most groups that are named. */
const NAMED = 5;

/** Whether the groups whose servers run at a site would fail over, and are the same on both sites. */
export async function groupsVerdict(client: SiteClient): Promise<Verdict> {
  const groups = await client.all("protection_groups.index");
  const own = groups.filter((group) => group.is_primary_here);
  const unready = own.filter((group) => group.is_failover_ready === false);
  const apart = own.filter((group) => group.sync_status !== "IN SYNC" && group.status !== "creating");
  const facts = [`${own.length} of ${groups.length} have their servers here`];
  if (unready.length > 0) facts.push(`not ready: ${names(unready)}`);
  if (apart.length > 0) facts.push(`not in sync: ${names(apart)}`);
  const text = facts.join("; ");
  if (unready.length > 0) return warning(text, "See why: protector protection-group readiness GROUP");
  if (apart.length > 0) return warning(text, "See why: protector protection-group sync-status GROUP");
  return ok(text);
}

function names(groups: readonly ProtectionGroup[]): string {
  const shown = groups.slice(0, NAMED).map(({ name }) => name);
  return groups.length > NAMED ? `${shown.join(", ")} and ${groups.length - NAMED} more` : shown.join(", ");
}
