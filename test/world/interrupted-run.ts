import type { Engine } from "../../packages/server/src/engine/engine.ts";
import { orderFailover, type WritingGroup } from "./failover-run.ts";
import { atJournalPoint, type JournalPoint, Lifeline } from "./killable.ts";
import type { EngineOptions } from "./site-engine.ts";

/** Orders something on site B, or on the site beside it; answers the operation's id. */
export type Order = (writing: WritingGroup) => Promise<string>;

/** What is done, and at which site's engine; default the planned failover to site B. */
export interface Task {
  readonly order: Order;
  readonly site: "a" | "b";
}

const FAILOVER: Task = { order: orderFailover, site: "b" };

function taskOf(task: Task | Order): Task {
  return typeof task === "function" ? { ...FAILOVER, order: task } : task;
}

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
  task: Task | Order = FAILOVER,
  options: EngineOptions = {},
): Promise<InterruptedRun> {
  return cutOff(writing, taskOf(task), (lifeline, reached) => ({
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
  task: Task | Order = FAILOVER,
): Promise<InterruptedRun> {
  let count = 0;
  return cutOff(writing, taskOf(task), (lifeline, reached) => ({
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
  { order, site }: Task,
  cutting: (lifeline: Lifeline, reached: () => void) => EngineOptions,
): Promise<InterruptedRun> {
  const { sites } = writing;
  const lifeline = new Lifeline();
  const { promise: reaching, resolve: reached } = Promise.withResolvers<void>();
  const operationId = await order(writing);
  const first = sites.engine(sites[site], { gate: lifeline.gate, ...cutting(lifeline, reached) });
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
  task: Task | Order = FAILOVER,
): Promise<CancelledRun> {
  const { sites } = writing;
  const { order, site: name } = taskOf(task);
  const site = sites[name];
  const operationId = await order(writing);
  const observer = atJournalPoint(point, () => sites.ask(site, operationId, { verb: "cancel" }));
  const engine = sites.engine(site, { observer });
  return { operationId, engine, status: await sites.settle(site, operationId, engine, LONGEST_MS) };
}
