import type {
  ErrorItem,
  MemberResult,
  OperationMode,
  OperationStatus,
  OperationType,
  OperationVerb,
  Plan,
  StepStatus,
} from "@protector/contract";
import type { DbTime, Flag, Json } from "./schema-columns.ts";

export interface DrOperationsTable {
  id: string;
  type: OperationType;
  mode: OperationMode | null;
  status: OperationStatus;
  is_dry_run: Flag;
  /** Null of a site failover. */
  protection_group_id: string | null;
  /** Of a site failover the name of the recovery plan, or of the other site. */
  protection_group_name: string;
  recovery_plan_id: string | null;
  /** The site failover that it is a part of. */
  parent_id: string | null;
  /** The operation that it gave its group up for. */
  displaced_by: string | null;
  project_id: string;
  user_id: string;
  /** Site whose engine runs it. */
  site_id: string;
  parameters: Json<Record<string, unknown>>;
  /** What the API shows; the steps with their inputs are rows of `dr_operation_steps`. */
  plan: Json<Plan> | null;
  phase: string | null;
  progress: number;
  remaining_seconds: number | null;
  /** What its plan predicted of its duration when it began. */
  expected_seconds: number | null;
  /** Median s that its steps took, by action; null until it has completed. */
  step_seconds: Json<Readonly<Record<string, number>>> | null;
  status_reason: string | null;
  error: Json<ErrorItem> | null;
  is_past_no_return: Flag;
  /** How one that is being taken back ends; null before that was decided. */
  undone_as: "cancelled" | "rolled_back" | null;
  /** A verb that waits for the engine: `{verb, as?, reason?, member?, step?, user_id}`. */
  request: Json<{
    verb: OperationVerb;
    as?: "unplanned";
    reason?: string;
    /** Of a skip: one of them. */
    member?: string;
    step?: string;
    user_id: string;
  }> | null;
  members: Json<readonly MemberResult[]>;
  recovery_point: string | null;
  data_loss_seconds: number | null;
  downtime_seconds: number | null;
  leftovers: Json<readonly { subject: string; reason: string }[]>;
  /** Epoch that the operation began in; null until it holds the marker. */
  epoch: number | null;
  lease_owner: string | null;
  /** Raised at each take-over. */
  lease_number: number;
  lease_expires_at: DbTime | null;
  /** Not looked at before; spaces the tries of a waiting operation. */
  next_look_at: DbTime | null;
  /** When one that waits for its plan ends as failed; null when it waits for none. */
  gives_up_at: DbTime | null;
  request_id: string | null;
  idempotency_key: string | null;
  /** Digest of the request that the key came with. */
  idempotency_digest: string | null;
  created_at: DbTime;
  started_at: DbTime | null;
  finished_at: DbTime | null;
  updated_at: DbTime;
}

export interface DrOperationStepsTable {
  operation_id: string;
  /** Stable name of the step in its plan. */
  step_key: string;
  sequence: number;
  kind: "observe" | "ensure" | "fire";
  /** Handler that runs it. */
  action: string;
  title: string;
  phase: string;
  site: "source" | "target";
  member_id: string | null;
  depends_on: Json<readonly string[]>;
  input: Json<unknown>;
  /** `{retries, timeout_ms, weight, undo, is_point_of_no_return, is_critical}` */
  settings: Json<unknown>;
  status: StepStatus;
  attempt: number;
  /** Lease under which the last write was made. */
  lease_number: number;
  progress: number | null;
  message: string | null;
  output: Json<unknown> | null;
  error: Json<ErrorItem> | null;
  started_at: DbTime | null;
  finished_at: DbTime | null;
}

/** One outside object that Protector makes or adopts; the row is there before the object. */
export interface ResourceLedgerTable {
  id: string;
  operation_id: string;
  step_key: string;
  protection_group_id: string;
  site_id: string;
  project_id: string | null;
  /** `server`, `port`, `volume`, `floating_ip`, `keypair`, `server_group`, `array_volume`, `recovery_point`, … */
  kind: string;
  /** Name by which ours is found again. */
  name: string;
  external_id: string | null;
  state: "intended" | "present" | "adopted" | "removed" | "orphan";
  created_at: DbTime;
  updated_at: DbTime;
}

/** Something that a site that does not answer still owes. */
export interface DutiesTable {
  id: string;
  protection_group_id: string;
  operation_id: string | null;
  site_id: string;
  /** Handler that carries it out. */
  kind: string;
  subject: string;
  input: Json<unknown>;
  reason: string;
  state: "owed" | "done";
  attempts: number;
  last_error: string | null;
  next_look_at: DbTime | null;
  created_at: DbTime;
  done_at: DbTime | null;
}
