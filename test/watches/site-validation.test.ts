import { problemsOf, SiteValidation } from "@protector/contract";
import { expect, test } from "vitest";
import { readJson, writeTime } from "../../packages/server/src/db/codecs.ts";
import { validateSites } from "../../packages/server/src/engine/watch/site-validation.ts";
import type { TestSite } from "../world/test-site.ts";
import { createTwoSites, type TwoSites } from "../world/two-sites.ts";
import { watchPorts } from "./watched-site.ts";

async function validate(sites: TwoSites, at: TestSite, siteId: string, clockAheadMs = 0) {
  const { db } = at.connection;
  await sites.clock.advance(1_000);
  const asked = { validation_requested_at: writeTime(sites.clock.now()) };
  await db.updateTable("sites").set(asked).where("id", "=", siteId).execute();
  await sites.clock.advance(1_000);
  const { clock, ...others } = watchPorts(sites, at);
  const now = () => clock.now() + clockAheadMs;
  await sites.clock.run(validateSites({ ...others, clock: { now, sleep: clock.sleep.bind(clock) } }));
  const row = await db.selectFrom("sites").selectAll().where("id", "=", siteId).executeTakeFirstOrThrow();
  const validation = readJson(row.validation);
  expect(problemsOf(SiteValidation, validation)).toEqual([]);
  const found = Object.fromEntries(validation.checks.map((check) => [`${check.check} ${check.subject}`, check]));
  return { row, validation, found };
}

function volumesOf({ world }: TwoSites) {
  const { volumes } = world.array("array-a").model.describe();
  return { cinder: world.cloud("site-a").describe().volumes, array: volumes.filter(({ isDestroyed }) => !isDestroyed) };
}

test("this site passes: rights, types, arrays, and a volume managed by a member and deleted", async () => {
  const sites = await createTwoSites();
  const before = volumesOf(sites);
  const { row, validation, found } = await validate(sites, sites.a, sites.a.id);
  expect(validation.checks.filter(({ result }) => result === "error")).toEqual([]);
  expect(validation.status).toBe("passed");
  expect(found["cinder.manage array-a"]).toMatchObject({ result: "ok", reason: expect.stringContaining("open way") });
  expect(found["storage.connection array-a"]).toMatchObject({
    result: "ok",
    reason: "Connected to array-b (connected).",
  });
  expect(volumesOf(sites)).toEqual(before);
  expect(readJson(row.volume_types)).toEqual([
    { name: "plain", is_replicated: false, replication_type: null, backend: "pure" },
    { name: "replicated", is_replicated: true, replication_type: "async", backend: "pure" },
  ]);
  expect(sites.world.problems).toEqual([]);
  sites.stop();
});

test("a clock that differs from Keystone's is told, from 30 s on", async () => {
  const sites = await createTwoSites();
  const checkAt = async (aheadMs: number) =>
    (await validate(sites, sites.a, sites.b.id, aheadMs)).found["clock site-b"];
  expect(await checkAt(-29_000)).toMatchObject({ result: "ok" });
  expect(await checkAt(120_000)).toMatchObject({ result: "warning", reason: expect.stringMatching(/by 1(19|20) s/) });
  expect(await checkAt(-120_000)).toMatchObject({ result: "warning", reason: expect.stringMatching(/by 1(19|20) s/) });
  sites.stop();
});

test("a missing group type is made", async () => {
  const sites = await createTwoSites();
  const { volumes } = sites.world.cloud("site-a");
  volumes.groupTypes.clear();
  const { found } = await validate(sites, sites.a, sites.a.id);
  expect(found["cinder.group_type site-a"]).toMatchObject({ result: "ok", reason: expect.stringContaining("made") });
  expect([...volumes.groupTypes.values()].map(({ name }) => name)).toEqual(["consistent"]);
  sites.stop();
});

test("a peer is validated with its registered credential, and its arrays are left to it", async () => {
  const sites = await createTwoSites();
  const { validation, found } = await validate(sites, sites.a, sites.b.id);
  expect(validation.status).toBe("passed");
  expect(found["login site-b"]?.reason).toContain("admin logs in");
  expect(validation.checks.some(({ check }) => check.startsWith("storage."))).toBe(false);
  sites.stop();
});

test("a wrong password fails at login and names the cure", async () => {
  const sites = await createTwoSites();
  sites.world.conditions.inject({ service: "site-b/keystone", method: "POST", fault: { kind: "refuse", status: 401 } });
  const { validation, found } = await validate(sites, sites.a, sites.b.id);
  expect(validation.status).toBe("failed");
  expect(found["login site-b"]).toMatchObject({ result: "error", remedy: expect.stringContaining("site update") });
  expect(validation.checks.map(({ check }) => check)).toEqual(["login"]);
  sites.stop();
});

test("a refused manage leaves nothing and says what to allow", async () => {
  const sites = await createTwoSites();
  const path = /manageable_volumes/;
  sites.world.conditions.inject({
    service: "site-a/cinder",
    method: "POST",
    path,
    fault: { kind: "refuse", status: 403 },
  });
  const before = volumesOf(sites);
  const { validation, found } = await validate(sites, sites.a, sites.a.id);
  expect(found["cinder.manage array-a"]).toMatchObject({ result: "error" });
  expect(validation.status).toBe("failed");
  expect(volumesOf(sites)).toEqual(before);
  sites.stop();
});

test("where only administrators manage volumes, the service user's role in the project is the closed way", async () => {
  const sites = await createTwoSites();
  const { identity } = sites.world.cloud("site-a");
  const role = identity.roleNamed("member");
  identity.grant(sites.a.tenant.basics.serviceUser.id, sites.a.projectId, role?.id ?? "");
  const path = /manageable_volumes/;
  const fault = { kind: "refuse", status: 403 } as const;
  sites.world.conditions.inject({ service: "site-a/cinder", method: "POST", path, times: 1, fault });
  const before = volumesOf(sites);
  const { found } = await validate(sites, sites.a, sites.a.id);
  expect(found["cinder.manage array-a"]).toMatchObject({ result: "ok", reason: expect.stringContaining("closed way") });
  expect(volumesOf(sites)).toEqual(before);
  sites.stop();
});

test("a site that nobody asked about since its validation is left alone", async () => {
  const sites = await createTwoSites();
  await validate(sites, sites.a, sites.b.id);
  sites.world.conditions.isRecording = true;
  await sites.clock.run(validateSites(watchPorts(sites, sites.a)));
  expect(sites.world.conditions.calls).toEqual([]);
  sites.stop();
});
