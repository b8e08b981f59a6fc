import { type ErrorItem, wireCode } from "@protector/contract";
import type { DatabaseConnection } from "../../db/connection.ts";
import type { OperationRow } from "../../db/repositories/operations.ts";
import { findProtectionGroupRow } from "../../db/repositories/protection-groups.ts";
import { runOrderOf, wishOf } from "../../domain/run-order.ts";
import { localSite } from "../world/site-directory.ts";
import type { GroupStep } from "./group-step.ts";

/**
 * The error of a group of the same run that got no plan, since a site of this one too did not answer at all: what has kept
 * one group waiting in vain keeps no other. A clean-up is begun all the same: what stands has to go, and it goes on by itself.
 */
export async function silenceKnown(
  connection: DatabaseConnection,
  steps: readonly GroupStep[],
  { groupId, verb }: GroupStep,
): Promise<ErrorItem | undefined> {
  if (verb === "test_cleanup") return undefined;
  const silences = steps.flatMap(({ error }) => (error && isSilence(error) ? error : []));
  if (silences.length === 0) return undefined;
  const group = await findProtectionGroupRow(connection.db, groupId);
  const { id: localSiteId } = await localSite(connection);
  const own = [localSiteId, group?.primary_site_id, group?.peer_site_id];
  return silences.find(({ site_id: id }) => own.includes(id));
}

/** What can be done with a whole run whose other site is silent; undefined when only mending helps. */
export function wayOutOfRun(
  operation: Pick<OperationRow, "parameters" | "recovery_plan_id" | "protection_group_name">,
  error: Pick<ErrorItem, "code" | "site_id"> | null,
  localSiteId: string,
): string | undefined {
  const { verb, wish } = wishOf(runOrderOf(operation).action);
  const isMove = verb === "failover" || verb === "failback";
  if (!error || !isSilence(error) || !isMove || wish.mode === "unplanned" || error.site_id === localSiteId)
    return undefined;
  const { recovery_plan_id: planId, protection_group_name: name } = operation;
  const command = planId === null ? `protector site failover ${name}` : `protector recovery-plan run ${name}`;
  return `If that site is lost: ${command} --unplanned`;
}

/** What is done about a group that got no plan; undefined when its own refusal says so. */
export function remedyOf(...of: Parameters<typeof wayOutOfRun>): string | undefined {
  const [, error] = of;
  if (error?.code !== wireCode("plan.unanswered")) return undefined;
  return (
    wayOutOfRun(...of) ?? "Mend what does not answer, then start again; --skip-blocked leaves the group where it is."
  );
}

function isSilence({ code, site_id: id }: Pick<ErrorItem, "code" | "site_id">): boolean {
  return code === wireCode("plan.unanswered") && id !== undefined;
}
