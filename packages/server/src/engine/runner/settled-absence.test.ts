import { VirtualClock } from "@protector/ports";
import { expect, test } from "vitest";
import { settledAbsence } from "./settled-absence.ts";
import type { StepContext } from "./step-handler.ts";

const START = 1_000_000;

/** A look that finds something from a moment on, and remembers when it was made. */
function lookedAt(clock: VirtualClock, appearsAt: number) {
  const looks: number[] = [];
  return {
    looks,
    look: async () => {
      looks.push(clock.now() - START);
      return clock.now() >= appearsAt ? ["ours"] : [];
    },
  };
}

function context(clock: VirtualClock, unknownForMs: number | undefined): StepContext {
  return { clock, unknownForMs, signal: new AbortController().signal, report: () => {} } as unknown as StepContext;
}

test("what is not found is not there when no earlier try is in doubt", async () => {
  const clock = new VirtualClock(START);
  const { looks, look } = lookedAt(clock, START + 30_000);
  expect(await clock.run(settledAbsence(context(clock, undefined), look))).toEqual([]);
  expect(looks).toEqual([0]);
});

test("what is not found is looked for again when the lost call can no longer arrive", async () => {
  const clock = new VirtualClock(START);
  const { looks, look } = lookedAt(clock, START + 30_000);
  expect(await clock.run(settledAbsence(context(clock, 20_000), look))).toEqual(["ours"]);
  expect(looks).toEqual([0, 40_000]);
});

test("nothing is waited for when the lost call is older than the services' time limit", async () => {
  const clock = new VirtualClock(START);
  const { looks, look } = lookedAt(clock, START + 30_000);
  expect(await clock.run(settledAbsence(context(clock, 60_000), look))).toEqual([]);
  expect(looks).toEqual([0]);
});
