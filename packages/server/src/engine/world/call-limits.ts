import type { HttpTransport } from "@protector/ports";

/** Lets at most so many calls at once to each service through; the others wait in order. One per engine. */
export class CallLimits {
  readonly #most: number;
  readonly #lanes = new Map<string, { active: number; readonly queue: (() => void)[] }>();

  constructor(most: number) {
    this.#most = most;
  }

  /**
   * A transport that waits for its turn.
   * @param beforeEach called right before a call leaves, when its turn has come: throws to keep it from leaving.
   */
  limit(transport: HttpTransport, beforeEach: () => void): HttpTransport {
    return async (request) => {
      const lane = this.#lane(new URL(request.url).origin);
      if (lane.active >= this.#most) await new Promise<void>((resolve) => lane.queue.push(resolve));
      else lane.active += 1;
      try {
        beforeEach();
        return await transport(request);
      } finally {
        const next = lane.queue.shift();
        if (next) next();
        else lane.active -= 1;
      }
    };
  }

  #lane(origin: string) {
    let lane = this.#lanes.get(origin);
    if (!lane) {
      lane = { active: 0, queue: [] };
      this.#lanes.set(origin, lane);
    }
    return lane;
  }
}
