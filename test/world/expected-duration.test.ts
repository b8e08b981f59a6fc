import type { Plan } from "@protector/contract";
import { expect, test } from "vitest";
import { readOptionalJson, readTime } from "../../packages/server/src/db/codecs.ts";
import { writingGroup } from "./failover-run.ts";
import { carry, run } from "./protected-group.ts";

test("the second operation of a type is expected to take what the first has taken", async () => {
  const { sites, group } = await writingGroup();
  await sites.a.connection.db
    .updateTable("dr_operations")
    .set({ type: "reclaim" })
    .where("type", "=", "sync")
    .execute();
  const durations: { expected: number; taken: number }[] = [];
  for (let round = 0; round < 3; round += 1) {
    const id = await run(sites, sites.a, group.id, { type: "sync" });
    const row = await sites.a.connection.db
      .selectFrom("dr_operations")
      .select(["plan", "started_at", "finished_at"])
      .where("id", "=", id)
      .executeTakeFirstOrThrow();
    const plan = readOptionalJson(row.plan) as Plan;
    const taken = (readTime(row.finished_at ?? "") - readTime(row.started_at ?? "")) / 1000;
    durations.push({ expected: plan.expected_duration_seconds ?? 0, taken });
  }
  const plans = await sites.a.connection.db
    .selectFrom("dr_operations")
    .select("plan")
    .where("type", "=", "sync")
    .orderBy("created_at")
    .execute();
  const forecasts = plans.map(({ plan }) => readOptionalJson(plan)?.duration_forecast);
  const [, own] = durations.map(({ expected, taken }) => Math.round((Math.abs(expected - taken) / taken) * 100));
  expect(forecasts).toMatchObject([
    { basis: "usual", error_percent: null, compared_operations: 0 },
    { basis: "measured", error_percent: null, compared_operations: 0 },
    { basis: "measured", error_percent: own, compared_operations: 1 },
  ]);
  await carry(sites, sites.a, sites.b, group.id);
  const row = await sites.b.connection.db
    .selectFrom("dr_operations")
    .select(["step_seconds", "expected_seconds"])
    .where("type", "=", "sync")
    .orderBy("created_at")
    .executeTakeFirstOrThrow();
  expect(row.expected_seconds).toBe(durations[0]?.expected);
  expect(readOptionalJson(row.step_seconds)?.["replication.wait"]).toBeGreaterThan(0);
  sites.stop();
  const [first, second] = durations.map(({ expected, taken }) => Math.abs(expected - taken));
  expect(second).toBeLessThanOrEqual(2);
  expect(first).toBeGreaterThan(2);
});
