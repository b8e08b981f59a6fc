import type { Direction, Workflow } from "../workflows/workflow.ts";
import type { GroupView } from "../world/group-view.ts";
import type { JournaledStep, OperationRow } from "./operation-store.ts";
import type { RunEnvironment } from "./step-context.ts";

/** What this site's own database says of an operation: enough to end it, with no other site or array. */
export interface LocalScene {
  operation: OperationRow;
  readonly view: GroupView;
  readonly workflow: Workflow;
  readonly direction: Direction;
  readonly localSiteId: string;
  steps: readonly JournaledStep[];
}

/** Everything about the operation that is being worked on, both sites included. */
export interface Scene extends LocalScene {
  readonly environment: RunEnvironment;
  /** Phase of the newest step. */
  phase: string | null;
  /** Ends the sessions with both arrays. */
  close(): Promise<void>;
}

/** The site that a step is done at. */
export function siteOf({ direction }: Pick<LocalScene, "direction">, { site }: Pick<JournaledStep, "site">): string {
  return site === "source" ? direction.sourceSiteId : direction.targetSiteId;
}
