import type { Direction, Workflow } from "../workflows/workflow.ts";
import type { GroupView } from "../world/group-view.ts";
import type { JournaledStep, OperationRow } from "./operation-store.ts";
import type { RunEnvironment } from "./step-context.ts";

/** Everything about the operation that is being worked on. */
export interface Scene {
  operation: OperationRow;
  readonly view: GroupView;
  readonly workflow: Workflow;
  readonly direction: Direction;
  readonly localSiteId: string;
  readonly environment: RunEnvironment;
  steps: readonly JournaledStep[];
  /** Phase of the newest step. */
  phase: string | null;
  /** Ends the sessions with both arrays. */
  close(): Promise<void>;
}
