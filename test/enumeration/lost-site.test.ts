import { beforeAll, describe, expect, test } from "vitest";
import { type CalmRun, describePoint } from "../world/calm-run.ts";
import { calmFailover, type WritingGroup, writingGroup } from "../world/failover-run.ts";
import { cutOffAt } from "../world/interrupted-run.ts";
import { lostWrites } from "../world/lost-writes.ts";
import { struckPoints } from "../world/struck-points.ts";
import type { TestSite } from "../world/test-site.ts";

/** Nothing of a site answers any more: cloud, array, Protector. */
function destroy({ sites }: WritingGroup, site: TestSite): void {
  sites.world.conditions.inject({ service: `${site.name}/`, fault: { kind: "unreachable" } });
  sites.world.conditions.inject({ service: site === sites.a ? "array-a" : "array-b", fault: { kind: "unreachable" } });
  if (site === sites.a) sites.world.cloud(site.name).powerOff();
}

describe("a planned failover whose site is destroyed", () => {
  let calm: CalmRun;

  beforeAll(async () => {
    calm = (await calmFailover()).run;
  });

  test("at the target, at any journal write: reclaim brings every server back with no write lost", {
    timeout: 600_000,
  }, async () => {
    for (const point of struckPoints(calm)) {
      const label = `target destroyed ${describePoint(point, calm)}`;
      const writing = await writingGroup();
      const { sites, group } = writing;
      await cutOffAt(writing, point, (lifeline) => lifeline.kill());
      destroy(writing, sites.b);
      const written = group.servers.map(({ server }) => sites.world.cloud("site-a").guest(server.id).sequence);
      const reclaim = await sites.order(sites.a, group.id, {
        type: "reclaim",
        parameters: { reason: "the other site burnt down, nothing runs there" },
      });
      const status = await sites.settle(sites.a, reclaim, sites.engine(sites.a), 3_600_000);
      const row = await sites.a.connection.db
        .selectFrom("dr_operations")
        .select(["status_reason"])
        .where("id", "=", reclaim)
        .executeTakeFirst();
      expect({ label, status, reason: row?.status_reason ?? null }).toEqual({
        label,
        status: "completed",
        reason: null,
      });
      for (const [index, { server }] of group.servers.entries()) {
        const guest = sites.world.cloud("site-a").guest(server.id);
        expect({ label, name: server.name, runs: guest.isRunning, locked: server.lockedBy }).toEqual({
          label,
          name: server.name,
          runs: true,
          locked: undefined,
        });
        const found = server.disks
          .flatMap((disk) => guest.writes(disk.device))
          .filter((write) => write.writer === server.id);
        expect({
          label,
          lost: (written[index] ?? 0) - found.filter((write) => write.sequence <= (written[index] ?? 0)).length,
        }).toEqual({ label, lost: 0 });
      }
      const rows = await sites.a.connection.db
        .selectFrom("protection_groups")
        .select(["status", "primary_site_id"])
        .execute();
      expect({ label, rows }).toEqual({ label, rows: [{ status: "active", primary_site_id: sites.a.id }] });
      expect({ label, problems: sites.world.problems }).toEqual({ label, problems: [] });
      sites.stop();
    }
  });

  test("at the source, at any journal write: resume as unplanned ends on the target with the loss that was shown", {
    timeout: 600_000,
  }, async () => {
    for (const point of struckPoints(calm, { where: ({ commit }) => commit > 1 })) {
      const label = `source destroyed ${describePoint(point, calm)}`;
      const writing = await writingGroup();
      const { sites } = writing;
      const { operationId } = await cutOffAt(writing, point, (lifeline) => lifeline.kill());
      destroy(writing, sites.a);
      const engine = sites.engine(sites.b, { host: "site-b-engine-2" });
      await sites.settle(sites.b, operationId, engine, 180_000);
      const stuck = await operationOf(writing, operationId);
      if (stuck.status !== "completed") {
        await sites.ask(sites.b, operationId, { verb: "resume", as: "unplanned", reason: "the source burnt down" });
        await sites.settle(sites.b, operationId, engine, 3_600_000);
      }
      const ended = await operationOf(writing, operationId);
      if (stuck.status === "waiting" && stuck.recovery_point !== null) {
        expect({ label, point: ended.recovery_point }).toEqual({ label, point: stuck.recovery_point });
        if (stuck.data_loss_seconds === 0) expect({ label, loss: ended.data_loss_seconds }).toEqual({ label, loss: 0 });
      }
      expect({ label, status: ended.status, reason: ended.status_reason }).toEqual({
        label,
        status: "completed",
        reason: null,
      });
      expect({ label, running: runningAtTarget(writing) }).toEqual({ label, running: 3 });
      if (ended.data_loss_seconds === 0)
        expect({ label, lost: lostWrites(sites, writing.group) }).toEqual({ label, lost: [] });
      else expect(ended.data_loss_seconds).toBeGreaterThan(0);
      expect({ label, problems: sites.world.problems }).toEqual({ label, problems: [] });
      sites.stop();
    }
  });
});

function runningAtTarget({ sites }: WritingGroup): number {
  return [...sites.world.cloud("site-b").compute.servers.values()].filter(
    (server) => sites.world.cloud("site-b").guest(server.id).isRunning,
  ).length;
}

function operationOf({ sites }: WritingGroup, operationId: string) {
  return sites.b.connection.db
    .selectFrom("dr_operations")
    .select(["status", "status_reason", "data_loss_seconds", "recovery_point"])
    .where("id", "=", operationId)
    .executeTakeFirstOrThrow();
}
