import type { EngineEvents } from "../engine-events.ts";
import type { JournaledStep } from "./operation-store.ts";
import type { Scene } from "./scene.ts";

/** Tells that a try of a step has begun, or how it ended after `durationMs`. Waits without outcome are not told. */
export function tellStep(
  events: EngineEvents,
  scene: Scene,
  step: JournaledStep,
  change: { readonly durationMs?: number; readonly error: string | null },
): void {
  if (step.action === "barrier") return;
  const facts = {
    operationId: scene.operation.id,
    requestId: scene.environment.operation.requestId,
    projectId: scene.operation.project_id,
    step: step.key,
    title: step.title,
    site: scene.environment[step.site].siteName,
  };
  if (change.durationMs === undefined) events({ kind: "step_began", attempt: step.attempt, ...facts });
  else {
    const status = change.error === null ? step.status : "not done";
    events({ kind: "step_ended", status, durationMs: change.durationMs, error: change.error, ...facts });
  }
}
