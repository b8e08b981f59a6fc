import type { JournaledStep } from "../../packages/server/src/engine/runner/operation-store.ts";
import type { CloudTimes } from "./cloud-times.ts";
import { type Need, needsOf, planningMs } from "./needed-calls.ts";

interface Node {
  readonly key: string;
  readonly before: readonly Node[];
  readonly needs: readonly Need[];
  readonly isBarrier: boolean;
  /** ms before which no engine can begin it. */
  beginsAt: number;
  /** ms before which no engine can have done it. */
  endsAt: number;
}

/** All calls of one kind in one step. */
interface Work {
  readonly headMs: number;
  readonly tailMs: number;
  readonly laneMs: number;
}

/**
 * The shortest time, ms, in which any engine could run a plan: a lower bound, never more than what is possible.
 *
 * 1. Each step lasts at least as long as its needs one after the other ({@link needsOf}); it begins when all steps before it
 *    have ended. The longest way through the graph is the first bound.
 * 2. A service takes at most `L` calls of an engine at once. For each barrier, and the end, `B`, each service, and each moment
 *    `t`: of the calls in steps before `B` that cannot leave before `t`, with `n` calls of `ms` each, `B` is not reached before
 *    `t + n · ms / L + tail`, `tail` being the shortest way from the end of any of them to `B`. The largest is the second.
 *
 * A barrier is reached at the larger of the two, and what follows counts from there.
 */
export function criticalPathMs(steps: readonly JournaledStep[], times: CloudTimes): number {
  const nodes = inOrder(steps, times);
  for (const node of nodes) {
    node.beginsAt = node.before.reduce((latest, each) => Math.max(latest, each.endsAt), planningMs(times));
    if (node.isBarrier) node.beginsAt = Math.max(node.beginsAt, boundByLimits(node, times));
    node.endsAt = node.beginsAt + sum(node.needs);
  }
  return nodes.reduce((latest, node) => Math.max(latest, node.endsAt), 0);
}

/** The plan with an end of its own, each step after those it waits for. */
function inOrder(steps: readonly JournaledStep[], times: CloudTimes): readonly Node[] {
  const byKey = new Map(steps.map((step) => [step.key, step]));
  const done = new Map<string, Node>();
  const visit = (step: JournaledStep): Node => {
    const known = done.get(step.key);
    if (known) return known;
    const before = [...step.dependsOn, ...step.after].flatMap((key) => {
      const found = byKey.get(key);
      return found ? [visit(found)] : [];
    });
    const node = {
      key: step.key,
      before,
      needs: needsOf(step, times),
      isBarrier: step.action === "barrier" && step.memberId === null,
      beginsAt: 0,
      endsAt: 0,
    };
    done.set(step.key, node);
    return node;
  };
  for (const step of steps) visit(step);
  const nodes = [...done.values()];
  return [...nodes, { key: "end", before: nodes, needs: [], isBarrier: true, beginsAt: 0, endsAt: 0 }];
}

function boundByLimits(barrier: Node, times: CloudTimes): number {
  let bound = 0;
  for (const works of worksBefore(barrier).values()) {
    works.sort((a, b) => b.headMs - a.headMs);
    let laneMs = 0;
    let tailMs = Number.POSITIVE_INFINITY;
    for (const work of works) {
      laneMs += work.laneMs;
      tailMs = Math.min(tailMs, work.tailMs);
      bound = Math.max(bound, work.headMs + laneMs / times.callsPerService + tailMs);
    }
  }
  return bound;
}

/** By service: the calls of every step on a way to the barrier. */
function worksBefore(barrier: Node): ReadonlyMap<string, Work[]> {
  const works = new Map<string, Work[]>();
  for (const [node, afterMs] of waysTo(barrier)) {
    let headMs = node.beginsAt;
    let restMs = sum(node.needs);
    for (const need of node.needs) {
      restMs -= need.ms;
      if (need.kind === "call" && need.own > 0) {
        const lane = works.get(need.lane) ?? [];
        lane.push({ headMs, tailMs: restMs + afterMs, laneMs: need.own * need.ms });
        works.set(need.lane, lane);
      }
      headMs += need.ms;
    }
  }
  return works;
}

/** Every step on a way to the barrier, with the longest time from its end to there. */
function waysTo(barrier: Node): ReadonlyMap<Node, number> {
  const open = new Map<Node, number>();
  const count = (node: Node) => {
    for (const each of node.before) {
      const followers = open.get(each);
      open.set(each, (followers ?? 0) + 1);
      if (followers === undefined) count(each);
    }
  };
  count(barrier);
  const afterMs = new Map<Node, number>();
  const ready: Node[] = [barrier];
  for (let node = ready.pop(); node; node = ready.pop()) {
    const toEnd = (afterMs.get(node) ?? 0) + sum(node.needs);
    for (const each of node.before) {
      afterMs.set(each, Math.max(afterMs.get(each) ?? 0, node === barrier ? 0 : toEnd));
      const left = (open.get(each) ?? 1) - 1;
      open.set(each, left);
      if (left === 0) ready.push(each);
    }
  }
  return afterMs;
}

function sum(needs: readonly Need[]): number {
  return needs.reduce((total, need) => total + need.ms, 0);
}
