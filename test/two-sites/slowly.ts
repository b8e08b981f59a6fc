import type { Harness } from "./harness.ts";

/** A clock whose sleeps take their turn: the shortest first. */
export function slowly(harness: Harness): Harness["clock"] {
  const { clock } = harness;
  let now = clock.now();
  const sleepers: { readonly at: number; wake(): void }[] = [];
  let isRunning = false;
  const run = async () => {
    isRunning = true;
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      sleepers.sort((one, other) => one.at - other.at);
      const next = sleepers.shift();
      if (!next) break;
      now = Math.max(now, next.at);
      await harness.meanwhile();
      next.wake();
    }
    isRunning = false;
  };
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        sleepers.push({ at: now + ms, wake: resolve });
        signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
        if (!isRunning) void run();
      }),
  };
}
