import { describe, expect, it } from "vitest";
import type { Machine } from "../machines/machine.ts";
import { note } from "../story/figures.ts";
import { expectMoved } from "./expect-moved.ts";
import { faultSuite } from "./fault-suite.ts";
import { awaitPhase, groupNamed, startFailover } from "./moving-groups.ts";

const GROUPS = ["killed", "beside"] as const;
const PHASES = ["prepare", "quiesce", "final_sync", "switch", "recover"] as const;

const suite = faultSuite(GROUPS);

describe("failovers on real clouds whose engine is killed", { timeout: 1_200_000 }, () => {
  it("end right when that happens in five different phases", async () => {
    const { faults, target } = suite;
    const before = await restartsOf(target);
    const beganAt = Date.now();
    const first = await startFailover(faults, GROUPS[0]);
    const second = await startFailover(faults, GROUPS[1]);
    const underWay: Record<string, readonly string[]> = {};
    for (const [index, phase] of PHASES.entries()) {
      underWay[phase] = await awaitPhase(faults, first, phase);
      await target.systemctl("kill", "--signal=SIGKILL", "protector-engine");
      // One that is not up again yet could not be killed once more.
      const restarts = async () => (await restartsOf(target)) - before;
      await expect.poll(restarts, { timeout: 60_000, interval: 500 }).toBe(index + 1);
    }
    note("killed_while", underWay);
    await expectMoved(faults, first, groupNamed(faults, GROUPS[0]));
    await expectMoved(faults, second, groupNamed(faults, GROUPS[1]));
    note("killed_seconds", (Date.now() - beganAt) / 1000);
  });
});

async function restartsOf(machine: Machine): Promise<number> {
  return Number(await machine.mustRun("systemctl show --property=NRestarts --value protector-engine"));
}
