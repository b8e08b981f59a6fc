import fc from "fast-check";
import { expect, test } from "vitest";
import { protectShop, protectSyncShop } from "../two-sites/protected-shop.ts";
import { openWorkingSites } from "../two-sites/working-sites.ts";
import { bringToRest } from "./bring-to-rest.ts";
import { type History, histories, tell } from "./events.ts";
import { HookReceiver } from "./hook-receiver.ts";
import { requireNothingLeft, type Seen } from "./invariants.ts";
import { KEPT_HISTORIES } from "./kept-histories.ts";
import { beginHistory, liveThrough } from "./live-through.ts";
import { openThird, replaceSite } from "./replaced-site.ts";
import { thingsNow } from "./unexplained.ts";

/*
 * Random histories of commands, faults and losses, on two real APIs, engines with their watches, and simulated clouds. A
 * history that breaks something is shrunk, told line by line, and belongs into kept-histories.ts once it is understood.
 * PROTECTOR_TEST_HISTORIES=N lives through N others, from PROTECTOR_TEST_SEED or a seed of the clock.
 */

const WANTED = Number(process.env.PROTECTOR_TEST_HISTORIES ?? 0);
const SEED = Number(process.env.PROTECTOR_TEST_SEED ?? 0);
const LONGEST = 10;
const FEW = { count: 8, seed: 20_260_105 };

/** Lives through a history and brings it to rest. */
async function live({ isSync, replaced, events }: History): Promise<void> {
  const hooks = new HookReceiver();
  const here = await openWorkingSites({
    isSync,
    hasSpareSite: replaced !== undefined,
    webServices: { [HookReceiver.host]: hooks.transport },
  });
  let seen: Seen | undefined;
  try {
    if (replaced) await openThird(here);
    const before = thingsNow(here);
    await (isSync ? protectSyncShop(here) : protectShop(here));
    await here.must("recovery-plan create everything shop");
    seen = beginHistory(here, before);
    if (replaced) await replaceSite(here, replaced, seen);
    await liveThrough(here, events, seen);
    await bringToRest(here, seen);
    await requireNothingLeft(here, seen);
    expect(hooks.strangelyUndone()).toEqual([]);
  } finally {
    seen?.writes.stop();
    await here.stop();
  }
}

test.each(KEPT_HISTORIES)("$what", { timeout: 600_000 }, async ({ isSync = false, ...history }) => {
  await expect(live({ isSync, ...history })).resolves.toBeUndefined();
});

test("any history leaves every member running once, on sites of one mind", { timeout: 24 * 3_600_000 }, async () => {
  const seed = SEED || (WANTED > 0 ? Date.now() % 2 ** 31 : FEW.seed);
  const failure = await fc.check(fc.asyncProperty(histories(LONGEST), live), {
    numRuns: WANTED || FEW.count,
    seed,
    endOnFailure: false,
    interruptAfterTimeLimit: WANTED > 0 ? 20 * 3_600_000 : 900_000,
  });
  const [history] = failure.counterexample ?? [];
  const told = history ? tell(history) : [];
  const why = (failure.errorInstance as Error | undefined)?.message;
  expect({ seed, told, why }, `${told.join("\n")}\n${why}`).toEqual({ seed, told: [], why: undefined });
});
