import { problemsOf, Readiness } from "@protector/contract";
import { expect, test } from "vitest";
import { readJson } from "../../packages/server/src/db/codecs.ts";
import { answerReadinessRequests, watchReadiness } from "../../packages/server/src/engine/watch/readiness.ts";
import { protectThreeTier } from "../world/protected-group.ts";
import type { TestSite } from "../world/test-site.ts";
import { createTwoSites } from "../world/two-sites.ts";
import { arrayAt, groupRow, watchPorts } from "./watched-site.ts";

async function protectedSites() {
  const sites = await createTwoSites();
  return { sites, group: await protectThreeTier(sites) };
}

async function readinessOf(site: TestSite, groupId: string) {
  const row = await groupRow(site, groupId);
  const readiness = readJson(row.readiness);
  expect(problemsOf(Readiness, readiness)).toEqual([]);
  const not = (result: string) => readiness.checks.filter((check) => check.result === result).map(({ check }) => check);
  return { row, readiness, errors: not("error"), warnings: not("warning"), passed: not("ok") };
}

test("a protected group is ready, and every matter that was looked at is named", async () => {
  const { sites, group } = await protectedSites();
  await sites.clock.run(watchReadiness(watchPorts(sites, sites.a)));
  const { row, readiness, errors, passed } = await readinessOf(sites.a, group.id);
  expect(errors).toEqual([]);
  expect(row.is_failover_ready).toBe(1);
  expect(Date.parse(readiness.checked_at ?? "")).toBeLessThanOrEqual(sites.clock.now());
  const matters =
    "peer sync markers replication recovery_point servers mappings addresses quota capacity trust cinder_backend";
  expect(passed).toEqual([...matters.split(" "), "not_carried"]);
  expect(sites.events.filter(({ kind }) => kind === "watch_failed")).toEqual([]);
  sites.stop();
});

test("what would stop a failover is an error with a remedy", async () => {
  const { sites, group } = await protectedSites();
  await sites.a.connection.db.deleteFrom("resource_mappings").where("kind", "=", "flavor").execute();
  await sites.clock.run(arrayAt(sites, "array-b").destroyMarker(group.id));
  sites.world.cloud("site-a").identity.trusts.clear();
  await sites.clock.run(watchReadiness(watchPorts(sites, sites.a)));
  const { row, readiness, errors, passed } = await readinessOf(sites.a, group.id);
  expect(new Set(errors)).toEqual(new Set(["marker.missing", "mapping.flavor_unmapped", "trust.unusable"]));
  for (const matter of ["markers", "mappings", "trust"]) expect(passed).not.toContain(matter);
  expect(row.is_failover_ready).toBe(0);
  expect(readiness.checks.filter(({ result }) => result === "error").every(({ remedy }) => remedy)).toBe(true);
  sites.stop();
});

test("a look that fails keeps what was found before beside its failure", async () => {
  const { sites, group } = await protectedSites();
  await sites.clock.run(watchReadiness(watchPorts(sites, sites.a)));
  const before = await readinessOf(sites.a, group.id);
  await sites.clock.advance(600_000);
  sites.world.conditions.inject({ service: "site-b/", fault: { kind: "unreachable" } });
  for (let round = 0; round < 2; round += 1) {
    await sites.clock.run(watchReadiness(watchPorts(sites, sites.a)));
    const now = await readinessOf(sites.a, group.id);
    expect(now.errors).toEqual(["readiness.look"]);
    expect(now.passed).toEqual(before.passed);
    expect(now.row.is_failover_ready).toBe(0);
    expect(now.readiness.checked_at).not.toBe(before.readiness.checked_at);
    await sites.clock.advance(600_000);
  }
  sites.stop();
});

test("a person's request is answered at once and only once", async () => {
  const { sites, group } = await protectedSites();
  const ports = watchPorts(sites, sites.a);
  await sites.clock.run(watchReadiness(ports));
  const first = await readinessOf(sites.a, group.id);
  await sites.clock.advance(10_000);
  await sites.clock.run(watchReadiness(ports));
  expect((await readinessOf(sites.a, group.id)).readiness.checked_at).toBe(first.readiness.checked_at);
  await sites.a.connection.db
    .updateTable("protection_groups")
    .set({ readiness_requested_at: "2026-01-05 08:30:00.000000" })
    .execute();
  await sites.clock.run(answerReadinessRequests(ports));
  const second = await readinessOf(sites.a, group.id);
  expect(second.readiness.checked_at).not.toBe(first.readiness.checked_at);
  expect(second.row.readiness_requested_at).toBeNull();
  sites.stop();
});

test("a group that runs elsewhere is looked at there", async () => {
  const { sites, group } = await protectedSites();
  await sites.clock.run(watchReadiness(watchPorts(sites, sites.b)));
  const { readiness } = await readinessOf(sites.b, group.id);
  expect(readiness.checks.map(({ check }) => check)).toEqual(["primary"]);
  sites.stop();
});
