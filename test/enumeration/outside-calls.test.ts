import type { Fault, RecordedCall } from "@protector/simulator";
import { beforeAll, describe, expect, test } from "vitest";
import { type CalmRun, calmRun, orderFailover, outcomeOf, writingGroup } from "../world/failover-run.ts";

/** A call without the ids in it: what is struck for ever is a kind of call, not one call. */
function kindOf(call: RecordedCall): string {
  const path = call.path.replace(/[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}/g, ":id");
  return `${call.service} ${call.method} ${path}`;
}

describe("every outside call of a planned failover", () => {
  let calm: CalmRun;
  let expected: object;

  beforeAll(async () => {
    calm = await calmRun();
    const { commits: _commits, calls: _calls, ...outcome } = calm;
    expected = outcome;
  });

  /** Strikes each call in turn once and compares how the failover ends. */
  async function strikeEach(fault: Fault): Promise<void> {
    for (const [index, call] of calm.calls.entries()) {
      const writing = await writingGroup();
      const { sites } = writing;
      const operationId = await orderFailover(writing);
      sites.world.conditions.inject({ service: "*", skip: index, times: 1, fault });
      const status = await sites.settle(sites.b, operationId, sites.engine(sites.b), 3_600_000);
      await sites.clock.advance(180_000);
      const label = `${fault.kind} at call ${index}: ${kindOf(call)}`;
      expect({ label, ...(await outcomeOf(writing, status)) }).toEqual({ label, ...expected });
    }
  }

  test("may fail once", { timeout: 600_000 }, async () => {
    console.log(calm.calls.length, new Set(calm.calls.map(kindOf)).size);
    await strikeEach({ kind: "refuse", status: 503, body: "busy" });
  });

  test("may take effect and lose its answer", { timeout: 600_000 }, async () => {
    await strikeEach({ kind: "lost_answer" });
  });

  test("may come late from an engine that was paused", { timeout: 600_000 }, async () => {
    for (const index of calm.calls.keys()) {
      const writing = await writingGroup();
      const { sites } = writing;
      let wake: () => void = () => {};
      const sleep = new Promise<void>((resolve) => {
        wake = resolve;
      });
      let frozen: () => void = () => {};
      const freezing = new Promise<void>((resolve) => {
        frozen = resolve;
      });
      let count = 0;
      let isFrozen = false;
      const operationId = await orderFailover(writing);
      const first = sites.engine(sites.b, {
        gate: () => (isFrozen ? sleep : Promise.resolve()),
        beforeCall: async () => {
          if (count++ !== index) return;
          isFrozen = true;
          frozen();
          await sleep;
        },
      });
      await sites.clock.run(Promise.race([first.look(operationId).then(() => freezing), freezing]));
      const status = await sites.settle(
        sites.b,
        operationId,
        sites.engine(sites.b, { host: "site-b-engine-2" }),
        3_600_000,
      );
      isFrozen = false;
      wake();
      await sites.clock.run(first.idle());
      await sites.clock.advance(180_000);
      const label = `late call ${index}: ${kindOf(calm.calls[index] as RecordedCall)}`;
      expect({ label, ...(await outcomeOf(writing, status)) }).toEqual({ label, ...expected });
    }
  });
});
