import type { Engine } from "../../packages/server/src/engine/engine.ts";
import { orderFailover, type WritingGroup } from "./failover-run.ts";
import { atJournalPoint, type JournalPoint, Lifeline } from "./killable.ts";

/** A failover whose first engine was cut off at a point of its journal. */
export interface InterruptedRun {
  readonly operationId: string;
  readonly first: Engine;
  readonly lifeline: Lifeline;
}

/** Starts the failover, or what `order` orders on site B, and lets its engine work until `cut` (kill or pause) happens at the point. */
export async function cutOffAt(
  writing: WritingGroup,
  point: JournalPoint,
  cut: (lifeline: Lifeline) => void,
  order: (writing: WritingGroup) => Promise<string> = orderFailover,
): Promise<InterruptedRun> {
  const { sites } = writing;
  const lifeline = new Lifeline();
  let reached: () => void = () => {};
  const reaching = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const observer = atJournalPoint(point, () => {
    cut(lifeline);
    reached();
    return lifeline.gate();
  });
  const operationId = await order(writing);
  const first = sites.engine(sites.b, { gate: lifeline.gate, observer });
  await sites.clock.run(Promise.race([first.look(operationId).then(() => reaching), reaching]));
  return { operationId, first, lifeline };
}
