import { afterAll, beforeAll } from "vitest";
import type { Machine } from "../machines/machine.ts";
import { startControlPlane } from "../story/control-plane.ts";
import { openStage } from "../story/open-stage.ts";
import type { Stage } from "../story/stage.ts";
import { type FaultStage, makeMovingGroups } from "./moving-groups.ts";

const MAKE_LIMIT_MS = 900_000;

/** What the tests of a suite work on; usable from its first test on. */
export interface FaultSuite {
  readonly faults: FaultStage;
  /** The second site, whose engine works on the failovers. */
  readonly target: Machine;
}

/** Makes the groups of a suite before its tests, and starts everything that they have left stopped afterwards. */
export function faultSuite(names: readonly string[]): FaultSuite {
  let stage: Stage | undefined;
  let faults: FaultStage | undefined;
  let target: Machine | undefined;
  const required = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error("faults need clouds of these tests' own making");
    return value;
  };
  beforeAll(async () => {
    stage = await openStage();
    target = required(stage.sites[1].machine);
    faults = await makeMovingGroups(stage, names);
  }, MAKE_LIMIT_MS);
  afterAll(async () => {
    if (target) await startControlPlane(target);
    await stage?.close();
  });
  return {
    get faults() {
      return required(faults);
    },
    get target() {
      return required(target);
    },
  };
}
