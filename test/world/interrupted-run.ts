import type { Engine } from "../../packages/server/src/engine/engine.ts";
import { orderFailover, type WritingGroup } from "./failover-run.ts";
import { atJournalPoint, type JournalPoint, Lifeline } from "./killable.ts";
import type { EngineOptions } from "./site-engine.ts";

/** Orders something on site B; answers the operation's id. */
export type Order = (writing: WritingGroup) => Promise<string>;

/** An operation whose first engine was cut off in the midst of it. */
export interface InterruptedRun {
  readonly operationId: string;
  readonly first: Engine;
  readonly lifeline: Lifeline;
}

/**
 * What happens to an engine: its lifeline is killed or paused. What it answers is awaited before the engine goes on, with
 * its call or its commit.
 */
export type Cut = (lifeline: Lifeline) => void | Promise<void>;

/** Orders a failover, or what `order` orders, and lets an engine work until `cut` happens at the point of its journal. */
export function cutOffAt(
  writing: WritingGroup,
  point: JournalPoint,
  cut: Cut,
  order: Order = orderFailover,
  options: EngineOptions = {},
): Promise<InterruptedRun> {
  return cutOff(writing, order, (lifeline, reached) => ({
    ...options,
    observer: atJournalPoint(point, async () => {
      const cutting = cut(lifeline);
      reached();
      await cutting;
      return lifeline.gate();
    }),
  }));
}

/** As {@link cutOffAt}, when a call is about to leave: it does, unless `cut` holds it back. */
export function cutOffAtCall(
  writing: WritingGroup,
  index: number,
  cut: Cut,
  order: Order = orderFailover,
): Promise<InterruptedRun> {
  let count = 0;
  return cutOff(writing, order, (lifeline, reached) => ({
    beforeCall: async () => {
      if (count++ !== index) return;
      const cutting = cut(lifeline);
      reached();
      await cutting;
    },
  }));
}

async function cutOff(
  writing: WritingGroup,
  order: Order,
  cutting: (lifeline: Lifeline, reached: () => void) => EngineOptions,
): Promise<InterruptedRun> {
  const { sites } = writing;
  const lifeline = new Lifeline();
  const { promise: reaching, resolve: reached } = Promise.withResolvers<void>();
  const operationId = await order(writing);
  const first = sites.engine(sites.b, { gate: lifeline.gate, ...cutting(lifeline, reached) });
  await sites.clock.run(Promise.race([first.look(operationId).then(() => reaching), reaching]));
  return { operationId, first, lifeline };
}

/** An operation that a person wanted to cancel at a point of its journal. */
export interface CancelledRun {
  readonly operationId: string;
  readonly engine: Engine;
  /** Where it came to. */
  readonly status: string;
}

const LONGEST_MS = 3_600_000;

/** Orders a failover, or what `order` orders, cancels it at the point of its journal and lets it settle. */
export async function cancelAt(
  writing: WritingGroup,
  point: JournalPoint,
  order: Order = orderFailover,
): Promise<CancelledRun> {
  const { sites } = writing;
  const operationId = await order(writing);
  const observer = atJournalPoint(point, () => sites.ask(sites.b, operationId, { verb: "cancel" }));
  const engine = sites.engine(sites.b, { observer });
  return { operationId, engine, status: await sites.settle(sites.b, operationId, engine, LONGEST_MS) };
}
