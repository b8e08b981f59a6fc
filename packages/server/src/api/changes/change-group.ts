import type { ProtectionGroupStatus } from "@protector/contract";
import type { Transaction } from "kysely";
import type { ProtectionGroupView } from "../../db/repositories/protection-groups.ts";
import type { Database } from "../../db/schema.ts";
import { inTransaction } from "../../db/transaction.ts";
import { raiseGeneration } from "../../domain/generations.ts";
import { requireChangeable, requireGroup } from "../../domain/group-guards.ts";
import type { ApiPorts } from "../ports.ts";
import { lockGroup } from "./lock-group.ts";

/** A change of what people decided about a group, without an operation. */
export interface GroupChange {
  readonly path: { readonly id: string; readonly project_id: string };
  readonly statuses: readonly ProtectionGroupStatus[];
  readonly generation?: number | undefined;
  /** Writes the change and its audit event. */
  apply(transaction: Transaction<Database>, group: ProtectionGroupView): Promise<void>;
}

/**
 * Makes a change and counts it, all or nothing.
 * @returns the group after it.
 * @throws ProtectorError of {@link requireChangeable} and of `apply`.
 */
export function changeGroup(ports: ApiPorts, change: GroupChange): Promise<ProtectionGroupView> {
  const { siteId: localSiteId } = ports.identity;
  return inTransaction(ports.database.db, async (transaction) => {
    await lockGroup(transaction, change.path.id, ports.clock.now());
    const group = await requireGroup(transaction, change.path);
    await requireChangeable(transaction, group, {
      localSiteId,
      statuses: change.statuses,
      generation: change.generation,
    });
    await change.apply(transaction, group);
    const counted = { groupId: group.id, localSiteId, now: ports.clock.now(), expected: group.generation };
    await raiseGeneration(transaction, counted);
    return requireGroup(transaction, change.path);
  });
}
