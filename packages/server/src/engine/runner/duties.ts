import type { Transaction } from "kysely";
import { writeJson } from "../../db/codecs.ts";
import { insertDuty } from "../../db/repositories/duties.ts";
import type { Database } from "../../db/schema.ts";
import type { EnginePorts } from "../engine-ports.ts";
import type { JournaledStep, OperationRow } from "./operation-store.ts";

/** A step whose work a site still owes. */
export interface OwedStep {
  readonly operation: OperationRow;
  readonly step: JournaledStep;
  readonly siteId: string;
  readonly reason: string;
  /** Owed is the undoing of the step, not the step. */
  readonly isUndo?: boolean;
}

/** What a duty carries to whoever does it. */
export interface DutyInput {
  readonly stepKey: string;
  readonly isUndo: boolean;
}

/** Writes a duty down, once per step. */
export async function oweStep(
  trx: Transaction<Database>,
  ports: Pick<EnginePorts, "connection" | "random">,
  owed: OwedStep,
): Promise<void> {
  const input: DutyInput = { stepKey: owed.step.key, isUndo: owed.isUndo ?? false };
  const known = await trx
    .selectFrom("duties")
    .select("id")
    .where("operation_id", "=", owed.operation.id)
    .where("input", "=", writeJson(input))
    .executeTakeFirst();
  if (known) return;
  await insertDuty(trx, {
    id: ports.random.uuid(),
    protection_group_id: owed.operation.protection_group_id,
    operation_id: owed.operation.id,
    site_id: owed.siteId,
    kind: owed.step.action,
    subject: owed.step.title,
    input: writeJson(input),
    reason: owed.reason.slice(0, 1000),
    created_at: ports.connection.now(),
  });
}
