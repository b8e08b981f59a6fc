import { expect, test } from "vitest";
import { seedBackup, seedSnapshot, seedVolume } from "../cloud-seed.ts";
import { CINDER, LATEST_CINDER, NOVA, type TestWorld, testWorld } from "../testing.ts";

const GROUPS = { "openstack-api-version": "volume 3.13" };

async function createGroup(world: TestWorld) {
  const { a, call, clock } = world;
  const type = [...a.cloud.volumes.groupTypes.values()].find(({ name }) => name === "consistent");
  const group = { name: "pg", group_type: type?.id, volume_types: [a.tenant.basics.replicated.id] };
  const { body } = await call(`POST ${CINDER}/groups`, a.member, { group }, GROUPS);
  await clock.advance(1000);
  return String(body.group.id);
}

test("members see of a type's extra specs only whether it replicates", async () => {
  const { call, a } = await testWorld();
  const specs = async (token: string) => {
    const { body } = await call(`GET ${CINDER}/types`, token);
    return body.volume_types.find(({ name }) => name === "replicated")?.extra_specs ?? {};
  };
  expect(await specs(a.member)).toEqual({ replication_enabled: "<is> True" });
  expect(Object.keys(await specs(a.admin))).toContain("replication_type");
});

test("a member gets 403 for services and pools in spite of the policy", async () => {
  const { call, a } = await testWorld();
  const services = await call(`GET ${CINDER}/os-services`, a.member);
  expect(services.status).toBe(403);
  expect(services.body.forbidden.message).toBe("User does not have admin privileges");
  expect((await call(`GET ${CINDER}/scheduler-stats/get_pools`, a.member)).status).toBe(403);
  const pools = await call(`GET ${CINDER}/scheduler-stats/get_pools?detail=true`, a.admin);
  expect(pools.body.pools[0].name).toBe("site-a@pure#pure");
});

test("a created volume appears on the array and is destroyed there when deleted", async () => {
  const { call, clock, a, world } = await testWorld();
  const array = world.array("array-a").model;
  const volume = { name: "data", size: 2, volume_type: "replicated", metadata: { a: "b" } };
  const { status, body } = await call(`POST ${CINDER}/volumes`, a.member, { volume });
  expect(status).toBe(202);
  await clock.advance(1000);
  const made = (await call(`GET ${CINDER}/volumes/${body.volume.id}`, a.member)).body.volume;
  expect(made.status).toBe("available");
  expect(made.metadata).toMatchObject({ a: "b", array_name: "array-a" });
  const name = `volume-${made.id}-cinder`;
  expect(array.findVolume(name)?.bytes).toBe(2 * 2 ** 30);
  expect((await call(`DELETE ${CINDER}/volumes/${made.id}`, a.member)).status).toBe(202);
  await clock.advance(1000);
  expect(array.findVolume(name)?.isDestroyed).toBe(true);
});

test("a connected volume is not deleted", async () => {
  const { call, a } = await testWorld();
  const id = a.threeTier.db.volumes[0]?.id;
  expect((await call(`DELETE ${CINDER}/volumes/${id}`, a.member)).status).toBe(400);
});

test("an array that is off leaves a new volume in error", async () => {
  const { call, clock, a, world } = await testWorld();
  world.array("array-a").model.isUp = false;
  const { body } = await call(`POST ${CINDER}/volumes`, a.member, { volume: { size: 1, volume_type: "plain" } });
  await clock.advance(1000);
  expect((await call(`GET ${CINDER}/volumes/${body.volume.id}`, a.member)).body.volume.status).toBe("error");
});

test("volumes over quota are refused with 413", async () => {
  const { call, a } = await testWorld();
  a.cloud.volumes.limitsOf(a.tenant.project.id).byType.gigabytes_plain = 5;
  const answer = await call(`POST ${CINDER}/volumes`, a.member, { volume: { size: 6, volume_type: "plain" } });
  expect(answer.status).toBe(413);
  expect(answer.body.overLimit.message).toContain("exceeds allowed gigabytes_plain quota");
  const { body } = await call(`GET ${CINDER}/os-quota-sets/${a.tenant.project.id}?usage=true`, a.member);
  expect(body.quota_set.volumes_replicated).toEqual({ limit: -1, in_use: 5, reserved: 0 });
  expect(body.quota_set.gigabytes_plain.limit).toBe(5);
});

test("a volume is extended while it is free or, from 3.42 on, in use, but not while it waits for a shelved server", async () => {
  const { call, a, clock } = await testWorld();
  const [volume] = a.threeTier.web.volumes;
  const { server } = a.threeTier.web;
  const extend = (to: number, headers?: Record<string, string>) =>
    call(`POST ${CINDER}/volumes/${volume?.id}/action`, a.member, { "os-extend": { new_size: to } }, headers);
  const size = volume?.sizeGiB ?? 0;
  const old = await extend(size + 1);
  expect([old.status, old.body.badRequest.message]).toEqual([
    400,
    `Invalid volume: Volume ${volume?.id} status must be '{'status': 'available'}' to extend, currently in-use.`,
  ]);
  expect((await extend(size + 1, LATEST_CINDER)).status).toBe(202);
  expect(volume?.status).toBe("extending");
  await clock.advance(5000);
  expect(volume).toMatchObject({ status: "in-use", sizeGiB: size + 1 });
  expect((await extend(size + 1, LATEST_CINDER)).body.badRequest.message).toContain(
    "must be greater than current size",
  );
  await call(`POST ${NOVA}/servers/${server.id}/action`, a.member, { shelve: null });
  await clock.advance(60_000);
  expect(volume?.status).toBe("reserved");
  expect((await extend(size + 2, LATEST_CINDER)).status).toBe(400);
});

test("snapshots and backups are listed, and a volume that has snapshots is not deleted", async () => {
  const { call, a, clock } = await testWorld();
  const { project, user, basics } = a.tenant;
  const volume = seedVolume(a.cloud, { name: "v", sizeGiB: 1, type: basics.plain, owner: { project, user } });
  const snapshot = seedSnapshot(a.cloud, volume, "kept");
  seedBackup(a.cloud, volume, "weekly");
  const listed = async (kind: string) => {
    const { body } = await call(`GET ${CINDER}/${kind}/detail`, a.member);
    return (body as unknown as Record<string, { name: string; volume_id: string }[]>)[kind] ?? [];
  };
  expect(await listed("snapshots")).toMatchObject([{ name: "kept", volume_id: volume.id }]);
  expect(await listed("backups")).toMatchObject([{ name: "weekly", volume_id: volume.id }]);
  expect((await call(`DELETE ${CINDER}/volumes/${volume.id}`, a.member)).status).toBe(400);
  a.cloud.volumes.snapshots.delete(snapshot.id);
  expect((await call(`DELETE ${CINDER}/volumes/${volume.id}`, a.member)).status).toBe(202);
  await clock.advance(1000);
});

test("metadata is replaced by PUT and added to by POST, and a four-byte character is a 500", async () => {
  const { call, a } = await testWorld();
  const url = `${CINDER}/volumes/${a.threeTier.db.volumes[0]?.id}/metadata`;
  expect((await call(`PUT ${url}`, a.member, { metadata: { a: "1" } })).body.metadata).toEqual({ a: "1" });
  expect((await call(`POST ${url}`, a.member, { metadata: { b: "2" } })).body.metadata).toEqual({ a: "1", b: "2" });
  expect((await call(`PUT ${url}`, a.member, { metadata: { ä: "1" } })).status).toBe(400);
  expect((await call(`PUT ${url}`, a.member, { metadata: { a: "🙂" } })).status).toBe(500);
});

test("a consistent group is a group on the array and its volumes cannot be deleted", async () => {
  const world = await testWorld();
  const { call, clock, a } = world;
  const id = await createGroup(world);
  const ids = a.threeTier.db.volumes.map((volume) => volume.id);
  const change = { group: { add_volumes: ids.join(",") } };
  expect((await call(`PUT ${CINDER}/groups/${id}`, a.member, change, GROUPS)).status).toBe(202);
  await clock.advance(1000);
  const onArray = world.world
    .array("array-a")
    .model.describe()
    .groups.find(({ name }) => name === `consisgroup-${id}-cinder`);
  expect(onArray?.members).toEqual(ids.map((each) => `volume-${each}-cinder`).sort());
  const shown = await call(`GET ${CINDER}/groups/${id}?list_volume=true`, a.member, undefined, LATEST_CINDER);
  expect(shown.body.group).toMatchObject({ status: "available", volumes: ids });
  const notEmpty = { delete: { "delete-volumes": false } };
  expect((await call(`POST ${CINDER}/groups/${id}/action`, a.member, notEmpty, GROUPS)).status).toBe(400);
  expect((await call(`GET ${CINDER}/groups/${id}`, a.member)).status).toBe(404);
});

test("a failed group update sets running servers' volumes to error until an administrator resets them", async () => {
  const world = await testWorld();
  const { call, clock, a } = world;
  const id = await createGroup(world);
  a.cloud.volumes.failGroupUpdates = true;
  const volume = a.threeTier.web.volumes[0];
  await call(`PUT ${CINDER}/groups/${id}`, a.member, { group: { add_volumes: volume?.id } }, GROUPS);
  await clock.advance(1000);
  expect(volume?.status).toBe("error");
  const reset = { "os-reset_status": { status: "in-use" } };
  expect((await call(`POST ${CINDER}/volumes/${volume?.id}/action`, a.member, reset)).status).toBe(403);
  expect((await call(`POST ${CINDER}/volumes/${volume?.id}/action`, a.admin, reset)).status).toBe(202);
  expect(volume?.status).toBe("in-use");
});
