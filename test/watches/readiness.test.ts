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
  const of = (severity: string | null) =>
    readiness.checks.filter((check) => check.severity === severity).map(({ check }) => check);
  return { row, readiness, errors: of("critical"), warnings: of("warning"), notes: of("info"), passed: of(null) };
}

test("a protected group is ready, and every matter that was looked at is named", async () => {
  const { sites, group } = await protectedSites();
  await sites.clock.run(watchReadiness(watchPorts(sites, sites.a)));
  const { row, readiness, errors, warnings, notes, passed } = await readinessOf(sites.a, group.id);
  expect([errors, warnings]).toEqual([[], []]);
  expect(notes).toEqual(["not_carried", "host_boot"]);
  expect(readiness.predicted_rto).toMatchObject({ basis: "usual", error_percent: null });
  expect(readiness.predicted_rto?.seconds).toBeGreaterThan(10);
  expect(row.is_failover_ready).toBe(1);
  expect(Date.parse(readiness.checked_at ?? "")).toBeLessThanOrEqual(sites.clock.now());
  const matters =
    "peer sync markers replication recovery_point servers mappings addresses quota capacity trust credentials cinder_backend";
  expect(passed).toEqual([...matters.split(" "), "array.capacity", "array.capacity"]);
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

test("a password and a trust that end soon are told before they do", async () => {
  const { sites, group } = await protectedSites();
  const soon = sites.clock.now() + 5 * 24 * 3600 * 1000;
  for (const user of sites.world.cloud("site-b").identity.users.values())
    if (user.name === "admin") user.passwordExpiresAt = soon;
  for (const [id, trust] of sites.world.cloud("site-a").identity.trusts)
    sites.world.cloud("site-a").identity.trusts.set(id, { ...trust, expiresAt: soon });
  await sites.clock.run(watchReadiness(watchPorts(sites, sites.a)));
  const { errors, warnings, readiness } = await readinessOf(sites.a, group.id);
  expect([errors, warnings]).toEqual([[], ["credential.expires", "trust.expires"]]);
  expect(readiness.checks.find(({ check }) => check === "credential.expires")?.reason).toContain("admin at site-b");
  sites.stop();
});

test("an array's API token that ends soon is told, with where the new one belongs", async () => {
  const { sites, group } = await protectedSites();
  const { sessions } = sites.world.array("array-b");
  sessions.apiTokenEndsAt = sites.clock.now() + 20 * 24 * 3600 * 1000;
  await sites.clock.run(watchReadiness(watchPorts(sites, sites.a)));
  expect((await readinessOf(sites.a, group.id)).warnings).toEqual([]);
  sessions.apiTokenEndsAt = sites.clock.now() + 5.5 * 24 * 3600 * 1000;
  await sites.clock.advance(900_000);
  await sites.clock.run(watchReadiness(watchPorts(sites, sites.a)));
  const { errors, warnings, readiness } = await readinessOf(sites.a, group.id);
  expect([errors, warnings]).toEqual([[], ["array_token.expires"]]);
  const found = readiness.checks.find(({ check }) => check === "array_token.expires");
  expect(found?.reason).toMatch(/^The API token for the array at site-b ends in 5 days \(/);
  expect(found?.remedy).toContain("fa_api_token of section [array-b]");
  sites.stop();
});

test("a look that fails keeps what was found before beside its failure", async () => {
  const { sites, group } = await protectedSites();
  await sites.clock.run(watchReadiness(watchPorts(sites, sites.a)));
  const before = await readinessOf(sites.a, group.id);
  await sites.clock.advance(900_000);
  sites.world.conditions.inject({ service: "site-b/", fault: { kind: "unreachable" } });
  for (let round = 0; round < 2; round += 1) {
    await sites.clock.run(watchReadiness(watchPorts(sites, sites.a)));
    const now = await readinessOf(sites.a, group.id);
    expect(now.errors).toEqual(["readiness.look"]);
    expect(now.passed).toEqual(before.passed);
    expect(now.row.is_failover_ready).toBe(0);
    expect(now.readiness.checked_at).not.toBe(before.readiness.checked_at);
    await sites.clock.advance(900_000);
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

test("a group that runs elsewhere is looked at there; here, whether a recovery could use the tenant's trust", async () => {
  const { sites, group } = await protectedSites();
  await sites.clock.run(watchReadiness(watchPorts(sites, sites.b)));
  const { readiness } = await readinessOf(sites.b, group.id);
  expect(readiness.checks.map(({ check }) => check)).toEqual(["primary", "trust", "array.capacity"]);
  sites.world.cloud("site-b").identity.trusts.clear();
  await sites.clock.advance(900_000);
  await sites.clock.run(watchReadiness(watchPorts(sites, sites.b)));
  expect(await readinessOf(sites.b, group.id)).toMatchObject({ errors: ["trust.unusable"] });
  sites.stop();
});
