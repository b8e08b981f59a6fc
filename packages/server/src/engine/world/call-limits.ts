import type { HttpTransport } from "@protector/ports";
import { currentPlace } from "./call-order.ts";

interface Waiter {
  readonly place: number;
  readonly go: () => void;
}

/** Calls of one service: how many are under way, and who waits, the next one last. */
interface Lane {
  active: number;
  readonly queue: Waiter[];
}

/**
 * Lets at most so many calls at once to each service through; the others wait by their place ({@link currentPlace}), those
 * of one place in the order in which they came. One per engine.
 */
export class CallLimits {
  readonly #lanes = new Map<string, Lane>();

  /**
   * A transport that lets at most `most` calls at once through to each service.
   * @param beforeEach called right before a call leaves, when its turn has come: throws to keep it from leaving.
   */
  limit(transport: HttpTransport, most: number, beforeEach: () => void): HttpTransport {
    return async (request) => {
      const lane = this.#lane(new URL(request.url).origin);
      if (lane.active >= most) await new Promise<void>((go) => enqueue(lane.queue, { place: currentPlace(), go }));
      else lane.active += 1;
      try {
        beforeEach();
        return await transport(request);
      } finally {
        const next = lane.queue.pop();
        if (next) next.go();
        else lane.active -= 1;
      }
    };
  }

  #lane(origin: string): Lane {
    let lane = this.#lanes.get(origin);
    if (!lane) {
      lane = { active: 0, queue: [] };
      this.#lanes.set(origin, lane);
    }
    return lane;
  }
}

/** Before everyone who is to go first, behind everyone who is to go later. */
function enqueue(queue: Waiter[], waiter: Waiter): void {
  let low = 0;
  let high = queue.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((queue[middle]?.place ?? 0) > waiter.place) low = middle + 1;
    else high = middle;
  }
  queue.splice(low, 0, waiter);
}
