import type { MemberResult } from "@protector/contract";
import type { Clock } from "@protector/ports";
import type { Transaction } from "kysely";
import type { DatabaseConnection } from "../../db/connection.ts";
import type { Database } from "../../db/schema.ts";
import type { OperationWrite } from "../runner/journal.ts";
import type { GroupOperationType, JournaledStep, OperationRow } from "../runner/operation-store.ts";
import type { OperationPlan } from "../runner/plan.ts";
import type { GroupView } from "../world/group-view.ts";
import type { SiteAccess } from "../world/site-access.ts";

/** The two sites in the roles that an operation gives them. */
export interface Direction {
  readonly sourceSiteId: string;
  readonly targetSiteId: string;
}

/** What a plan is made from. */
export interface PlanningContext {
  readonly operation: OperationRow;
  readonly view: GroupView;
  readonly localSiteId: string;
  readonly source: SiteAccess;
  readonly target: SiteAccess;
  readonly connection: DatabaseConnection;
  readonly clock: Clock;
  /** ms since the UNIX epoch. */
  readonly now: number;
}

/** How an operation ended, as far as the group is concerned. */
export type WorkflowEnd = "completed" | "completed_with_errors" | "undone" | "abandoned" | "superseded" | "refused";

/** What a workflow may do in the transaction that begins or ends its operation. */
export interface WorkflowTransaction {
  readonly trx: Transaction<Database>;
  readonly connection: DatabaseConnection;
  readonly operation: OperationRow;
  readonly view: GroupView;
  readonly steps: readonly JournaledStep[];
  readonly localSiteId: string;
  readonly sourceSiteId: string;
  readonly targetSiteId: string;
  /** ms since the UNIX epoch. */
  readonly now: number;
}

/** What people are told of an ended operation. */
export interface WorkflowReport {
  readonly members: readonly MemberResult[];
  readonly recoveryPoint: string | null;
  readonly dataLossSeconds: number | null;
  readonly downtimeSeconds: number | null;
  readonly leftovers: readonly { readonly subject: string; readonly reason: string }[];
}

/** One type of operation: how it is planned, and what it means for the group's rows. */
export interface Workflow {
  readonly type: GroupOperationType;
  /** Which site is left and which is arrived at. Most operations stay where the servers are: source = this site. */
  direction(view: GroupView, localSiteId: string): Direction;
  /** Looks at the world and plans; changes nothing. A refusal of the catalogue is thrown or listed as blocker. */
  plan(context: PlanningContext): Promise<OperationPlan>;
  /** When the plan is accepted, in the transaction that freezes it. */
  begin?(context: WorkflowTransaction): Promise<void>;
  /** When the operation has ended, in the transaction that says so. */
  end(context: WorkflowTransaction, end: WorkflowEnd): Promise<void>;
  /**
   * The operation neither holds the group's marker nor cares who is primary: a test, whose servers nobody can mistake for
   * the group's.
   */
  readonly isOutsideEpochs?: true;
  /** It only deletes: a late call of a former engine can have made nothing. */
  readonly makesNothing?: true;
  /** Columns of the ended operation that mean more than usual. */
  endState?(context: Omit<WorkflowTransaction, "trx">, end: WorkflowEnd): OperationWrite;
  /** What people are told; default: nothing. */
  report?(context: Omit<WorkflowTransaction, "trx">): WorkflowReport;
}

/** The direction of operations that leave the servers where they are. */
export function fromHere(view: GroupView, localSiteId: string): Direction {
  return { sourceSiteId: localSiteId, targetSiteId: view.group.peer_site_id };
}
