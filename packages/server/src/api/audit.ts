import { writeJson, writeTime } from "../db/codecs.ts";
import { insertAuditEvent } from "../db/repositories/audit-events.ts";
import type { Db } from "../db/transaction.ts";
import type { Caller } from "./caller.ts";
import type { ApiPorts } from "./ports.ts";

/** Who changed what. Never a secret: `detail` is shown to whoever may read the audit. */
export interface AuditedChange {
  readonly call: {
    readonly requestId: string;
    readonly caller: Caller | undefined;
    readonly path: Readonly<Record<string, string>>;
  };
  /** `<noun>.<verb>`. */
  readonly action: string;
  readonly targetType: string;
  readonly targetId: string;
  readonly detail?: unknown;
}

/** Writes a change down in the transaction that makes it. */
export async function audit({ random, clock }: ApiPorts, db: Db, change: AuditedChange): Promise<void> {
  const { call, action, targetType, targetId, detail } = change;
  await insertAuditEvent(db, {
    id: random.uuid(),
    at: writeTime(clock.now()),
    project_id: call.path.project_id ?? call.caller?.projectId ?? null,
    user_id: call.caller?.userId ?? null,
    request_id: call.requestId,
    action,
    target_type: targetType,
    target_id: targetId,
    outcome: "success",
    detail: writeJson(detail ?? {}),
  });
}
