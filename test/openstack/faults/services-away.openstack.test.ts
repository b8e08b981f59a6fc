import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { Machine } from "../machines/machine.ts";
import { note } from "../story/figures.ts";
import { expectMoved } from "./expect-moved.ts";
import { faultSuite } from "./fault-suite.ts";
import { awaitPhase, groupNamed, startFailover } from "./moving-groups.ts";

const GROUPS = ["restarts", "keystone", "volumes"] as const;
const MINUTE = 60_000;

const suite = faultSuite(GROUPS);

describe("failovers on real clouds end right", { timeout: 1_200_000 }, () => {
  it("when MariaDB is restarted in their midst, and then RabbitMQ", async () => {
    const { faults, target } = suite;
    const beganAt = Date.now();
    const id = await startFailover(faults, "restarts");
    await awaitPhase(faults, id, "quiesce");
    await target.systemctl("restart", "mariadb");
    await awaitPhase(faults, id, "recover");
    await target.systemctl("restart", "rabbitmq-server");
    await expectMoved(faults, id, groupNamed(faults, "restarts"));
    note("restarts_seconds", (Date.now() - beganAt) / 1000);
  });

  it("when Keystone is stopped for a minute and cinder-volume for two", async () => {
    const { faults, target } = suite;
    const beganAt = Date.now();
    const ids = [await startFailover(faults, "volumes"), await startFailover(faults, "keystone")] as const;
    await awaitPhase(faults, ids[0], "final_sync");
    await target.systemctl("stop", "cinder-volume");
    await awaitPhase(faults, ids[1], "quiesce");
    await target.systemctl("stop", "keystone");
    await sleep(MINUTE);
    await startAgain(target, "keystone");
    await sleep(MINUTE);
    await startAgain(target, "cinder-volume");
    await expectMoved(faults, ids[0], groupNamed(faults, "volumes"));
    await expectMoved(faults, ids[1], groupNamed(faults, "keystone"));
    note("away_seconds", (Date.now() - beganAt) / 1000);
  });
});

/** Starts a unit that was away all the time: one that somebody else has started proves nothing. */
async function startAgain(machine: Machine, unit: string): Promise<void> {
  // A unit that did not stop in time was killed, and is called failed.
  expect((await machine.run(`systemctl is-active ${unit}`)).stdout.trim()).toMatch(/^(inactive|failed)$/);
  await machine.systemctl("start", unit);
}
