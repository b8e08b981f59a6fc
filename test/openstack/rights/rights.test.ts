import { describe, expect, it } from "vitest";
import { simulatedTarget } from "../recordings/simulated-target.ts";
import { RIGHTS_ROWS, type RightsRow } from "./rights.ts";
import { tryAllCalls } from "./try-all.ts";

const { target, clock } = simulatedTarget();
const tried = await clock.run(tryAllCalls(target));

describe("each call ends on the simulator as the table of rights says of real clouds", () => {
  it.each(RIGHTS_ROWS.map((row: RightsRow) => [row.name, row.outcomes] as const))("%s", (name, outcomes) => {
    expect(tried[name as keyof typeof tried]).toEqual(outcomes);
  });
});
