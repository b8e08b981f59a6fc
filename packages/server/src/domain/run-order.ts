import {
  type OperationMode,
  PLAN_CONCURRENCY,
  type ProtectionGroupAction,
  type RecoveryPlanAction,
} from "@protector/contract";
import { readJson } from "../db/codecs.ts";
import type { OperationRow } from "../db/repositories/operations.ts";

/** What can be asked of many groups. */
export type PlanVerb = keyof RecoveryPlanAction;

/** What a run over many groups was asked for, as its row holds it. */
export interface RunOrder {
  readonly action: RecoveryPlanAction;
  /** The other site; of a plan null: each group has its own. */
  readonly peerSiteId: string | null;
  /** Of the request, else of the plan. */
  readonly concurrency: number;
}

/** Parameters of a run's row. */
export function runOrderOf(operation: Pick<OperationRow, "parameters">): RunOrder {
  const { action, peerSiteId, concurrency } = readJson(operation.parameters) as unknown as RunOrder;
  return { action, peerSiteId, concurrency: concurrency ?? PLAN_CONCURRENCY.usual };
}

/** Everything that can be asked for, whichever verb it is asked with. */
interface AnyWish {
  readonly dry_run?: boolean;
  readonly concurrency?: number;
  readonly mode?: "planned" | "unplanned";
  readonly reason?: string;
  readonly plan_digest?: string;
  readonly skip_blocked?: boolean;
  readonly cleanup?: "manual" | "auto";
  readonly time_limit?: number;
  readonly suffix?: string;
}

/** The one verb of an action, and what is wished with it. */
export function wishOf(action: RecoveryPlanAction): { readonly verb: PlanVerb; readonly wish: AnyWish } {
  const [verb, wish] = (Object.entries(action) as [PlanVerb, AnyWish][])[0] ?? ["failover", {}];
  return { verb, wish };
}

/** `mode` of a run's row. */
export function modeOf(action: RecoveryPlanAction): OperationMode {
  const { verb } = wishOf(action);
  return verb === "failover" ? (action.failover?.mode ?? "planned") : verb;
}

/** What is asked of one group. */
export function actionOnGroup(
  action: RecoveryPlanAction,
  { verb, isDryRun, testId }: { readonly verb: PlanVerb; readonly isDryRun: boolean; readonly testId?: string },
): ProtectionGroupAction {
  const { wish } = wishOf(action);
  const dry = isDryRun ? { dry_run: true } : {};
  switch (verb) {
    case "failover": {
      const reason = wish.reason === undefined ? {} : { reason: wish.reason };
      return { failover: { mode: wish.mode ?? "planned", ...reason, ...dry } };
    }
    case "failback":
      return { failback: dry };
    case "reprotect":
      return { reprotect: dry };
    case "test_failover": {
      const { time_limit, suffix } = wish;
      const limit = time_limit === undefined ? {} : { time_limit };
      return { test_failover: { cleanup: "manual", ...limit, ...(suffix === undefined ? {} : { suffix }), ...dry } };
    }
    case "test_cleanup":
      return { test_cleanup: testId === undefined ? {} : { test_id: testId } };
  }
}
