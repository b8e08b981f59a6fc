import { Health, problemsOf } from "@protector/contract";
import { describe, expect, it } from "vitest";
import { writeTime } from "../db/codecs.ts";
import { reportEngineService } from "../db/repositories/engine-services.ts";
import { activeGroup, send } from "./testing.ts";
import { expectRefused, twoSitesThatStay } from "./testing-refusals.ts";

const { sites } = twoSitesThatStay();

async function health(token?: string) {
  const path = { project_id: sites.a.projectId };
  const answer = await send(sites.a, "health.show", { path, ...(token ? { token } : {}) });
  expect(answer.status).toBe(200);
  const { health: found } = answer.body as { health: Health };
  expect(problemsOf(Health, found)).toEqual([]);
  return found;
}

describe("health", () => {
  it("tells sites, components, lag, RPO and readiness from the database alone", async () => {
    const id = await activeGroup(sites);
    const { database, clock } = { database: sites.a.database, clock: sites.clock };
    expect(await health()).toMatchObject({
      status: "critical",
      counts: { protection_groups: 1, failover_ready: 0, rpo_met: 0, in_sync: 1 },
    });
    expect((await health()).components).toContainEqual(
      expect.objectContaining({ name: "protector-engine", status: "down" }),
    );
    await reportEngineService(database, { host: "ctl-1", process: "protector-engine", messaging: "connected" });
    const changes = { is_failover_ready: 1 as const, last_recovery_point_at: writeTime(clock.now() - 600_000) };
    await database.db.updateTable("protection_groups").set(changes).where("id", "=", id).execute();
    const calm = await health();
    const [group] = calm.protection_groups;
    expect(group).toMatchObject({ id, failover_ready: true, replication_lag_seconds: 600, sync_status: "IN SYNC" });
    expect(group?.is_rpo_met).toBe((group?.rpo_minutes ?? 0) >= 10);
    await database.db
      .updateTable("protection_groups")
      .set({ last_recovery_point_at: writeTime(clock.now() - 7 * 24 * 3600_000) })
      .execute();
    const late = await health();
    expect([late.status, late.protection_groups[0]?.is_rpo_met]).toEqual(["warning", false]);
  });

  it("is of the token's project under /v1/health, and shows nothing of another one", async () => {
    await activeGroup(sites);
    const own = await send(sites.a, "health.show_own", { path: {} });
    expect((own.body as { health: Health }).health.counts.protection_groups).toBe(1);
    const token = await sites.a.token("stranger");
    const others = await send(sites.a, "health.show_own", { path: {}, token });
    expect((others.body as { health: Health }).health.protection_groups).toEqual([]);
    const path = { project_id: sites.a.projectId };
    expectRefused(await send(sites.a, "health.show", { path, token }), 403, "project.mismatch", sites.a.projectId);
  });
});
