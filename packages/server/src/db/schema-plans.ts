import type { DbTime, Flag, Json } from "./schema-columns.ts";

export interface RecoveryPlansTable {
  id: string;
  project_id: string;
  name: string;
  description: string;
  /** Most groups at work at once. */
  concurrency: number;
  generation: number;
  /** SHA-256 of what was decided, hex. */
  digest: string;
  /** A deleted plan stays as a tombstone, so that a site that was away learns of it. */
  deleted_at: DbTime | null;
  created_at: DbTime;
  updated_at: DbTime;
}

export interface RecoveryPlanGroupsTable {
  recovery_plan_id: string;
  protection_group_id: string;
  position: number;
  tier: number;
  /** Ids of groups of the plan. */
  depends_on: Json<readonly string[]>;
  delay_seconds: number;
  is_critical: Flag;
}
