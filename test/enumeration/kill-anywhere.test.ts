import { beforeAll, describe, expect, test } from "vitest";
import { describePoint } from "../world/calm-run.ts";
import { type CalmFailover, calmFailover, orderFailover, outcomeOf, writingGroup } from "../world/failover-run.ts";
import { cutOffAt } from "../world/interrupted-run.ts";
import { struckPoints } from "../world/struck-points.ts";

describe("planned failover", () => {
  let calm: CalmFailover;

  beforeAll(async () => {
    calm = await calmFailover();
  });

  test("moves three servers and loses no write", () => {
    expect(calm.outcome).toMatchObject({ status: "completed", lost: [], problems: [] });
    expect(calm.run.commits.length).toBeGreaterThan(50);
  });

  test("ends the same when its engine is killed at any journal write", { timeout: 600_000 }, async () => {
    for (const point of struckPoints(calm.run)) {
      const writing = await writingGroup();
      const { sites } = writing;
      const { operationId } = await cutOffAt(writing, point, (lifeline) => lifeline.kill());
      const second = sites.engine(sites.b, { host: "site-b-engine-2" });
      const status = await sites.settle(sites.b, operationId, second);
      const label = `killed ${describePoint(point, calm.run)}`;
      expect({ label, ...(await outcomeOf(writing, status)) }).toEqual({ label, ...calm.outcome });
    }
  });

  test("ends the same when its engine is paused beyond its lease at any journal write and woken", {
    timeout: 600_000,
  }, async () => {
    for (const point of struckPoints(calm.run)) {
      const writing = await writingGroup();
      const { sites } = writing;
      const { operationId, first, lifeline } = await cutOffAt(writing, point, (line) => line.pause());
      const second = sites.engine(sites.b, { host: "site-b-engine-2" });
      const work = sites.settle(sites.b, operationId, second);
      const status = await work;
      lifeline.wake();
      await sites.clock.run(first.idle());
      const label = `paused ${describePoint(point, calm.run)}`;
      expect({ label, ...(await outcomeOf(writing, status)) }).toEqual({ label, ...calm.outcome });
    }
  });

  test("is carried out once when its message comes twice, late, or never", async () => {
    const writing = await writingGroup();
    const { sites } = writing;
    const operationId = await orderFailover(writing);
    const engines = [sites.engine(sites.b), sites.engine(sites.b, { host: "site-b-engine-2" })];
    await sites.clock.run(Promise.all([...engines, ...engines].map((engine) => engine.look(operationId))));
    expect(engines.map((engine) => engine.busy).sort()).toEqual([0, 1]);
    await sites.clock.run(Promise.all(engines.map((engine) => engine.idle())));
    const [row] = await sites.b.connection.db
      .selectFrom("dr_operations")
      .select("status")
      .where("id", "=", operationId)
      .execute();
    await engines[0]?.look(operationId);
    expect(await outcomeOf(writing, row?.status ?? "")).toEqual(calm.outcome);
    const unannounced = await writingGroup();
    const id = await orderFailover(unannounced);
    const engine = unannounced.sites.engine(unannounced.sites.b);
    engine.start();
    await unannounced.sites.clock.advance(120_000);
    await unannounced.sites.clock.run(engine.stop());
    const [swept] = await unannounced.sites.b.connection.db
      .selectFrom("dr_operations")
      .select("status")
      .where("id", "=", id)
      .execute();
    expect(await outcomeOf(unannounced, swept?.status ?? "")).toEqual(calm.outcome);
  });
});
