import type { EnginePorts } from "../engine-ports.ts";
import { type Finding, warning } from "../readiness/finding.ts";
import type { GroupView } from "../world/group-view.ts";

/** Whether the move that brought a group where it is has left something undone that can be tried again. */
export async function checkLastMove(
  { connection }: Pick<EnginePorts, "connection">,
  { id }: Pick<GroupView["group"], "id">,
): Promise<readonly Finding[]> {
  const last = await connection.db
    .selectFrom("dr_operations")
    .select(["id", "type", "status", "status_reason"])
    .where("protection_group_id", "=", id)
    .where("type", "in", ["failover", "failback"])
    .where("status", "in", ["completed", "completed_with_errors"])
    .where("is_dry_run", "=", 0)
    .orderBy("created_at", "desc")
    .executeTakeFirst();
  if (last?.status !== "completed_with_errors") return [];
  const reason = `The ${last.type} that brought the group here has left something undone: ${last.status_reason ?? "see its steps"}.`;
  const remedy = `Put right what it names, then: protector operation retry ${last.id}. Or leave it: protector operation skip ${last.id} --step KEY --reason TEXT`;
  return [warning({ check: "operation.left_undone", subject: `operation ${last.id}`, reason, remedy })];
}
