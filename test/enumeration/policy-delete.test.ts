import { beforeAll, describe, expect, test } from "vitest";
import { type CalmRun, describePoint, runCalm } from "../world/calm-run.ts";
import { type Outcome, outcomeOf } from "../world/failover-run.ts";
import { cutOffAt } from "../world/interrupted-run.ts";
import { emptyGroup } from "../world/policy-run.ts";
import { struckPoints } from "../world/struck-points.ts";

const ORDER = { type: "policy_delete" } as const;

describe("deletion of a policy", () => {
  let calm: { readonly run: CalmRun; readonly outcome: Outcome };

  beforeAll(async () => {
    const empty = await emptyGroup();
    const { sites, group } = empty;
    const run = await runCalm(sites, await sites.order(sites.a, group.id, ORDER), { site: sites.a });
    calm = { run, outcome: await outcomeOf(empty, run.status) };
  });

  test("ends the same when its engine is killed at any journal write", { timeout: 300_000 }, async () => {
    expect(calm.outcome).toMatchObject({ status: "completed", problems: [] });
    for (const point of struckPoints(calm.run)) {
      const empty = await emptyGroup();
      const { sites, group } = empty;
      const task = { site: "a", order: () => sites.order(sites.a, group.id, ORDER) } as const;
      const { operationId } = await cutOffAt(empty, point, (lifeline) => lifeline.kill(), task);
      const second = sites.engine(sites.a, { host: "site-a-engine-2" });
      const status = await sites.settle(sites.a, operationId, second);
      const label = `killed ${describePoint(point, calm.run)}`;
      expect({ label, ...(await outcomeOf(empty, status)) }).toEqual({ label, ...calm.outcome });
    }
  });
});
