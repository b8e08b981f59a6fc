import { expect, test } from "vitest";
import { seedVolume } from "../cloud-seed.ts";
import { CINDER, LATEST_CINDER, type TestWorld, testWorld } from "../testing.ts";

const GIB = 2 ** 30;

function request(world: TestWorld, reference: string, more: Readonly<Record<string, unknown>> = {}) {
  const volume = {
    host: "site-a@pure#pure",
    ref: { name: reference, "source-name": reference },
    name: "taken",
    volume_type: "plain",
    metadata: { mine: "kept?" },
    ...more,
  };
  return world.call(`POST ${CINDER}/os-volume-manage`, world.a.member, { volume });
}

async function settled(world: TestWorld, id: string) {
  await world.clock.advance(1000);
  return (await world.call(`GET ${CINDER}/volumes/${id}`, world.a.member)).body.volume;
}

test("manage renames the array volume, replaces metadata and rounds the size up", async () => {
  const world = await testWorld();
  const array = world.world.array("array-a").model;
  array.createVolume("protector-op-1", 2 * GIB + 512 * 1024);
  const accepted = await request(world, "protector-op-1");
  expect(accepted.status).toBe(202);
  const volume = await settled(world, accepted.body.volume.id);
  expect(volume.status).toBe("available");
  expect(volume.size).toBe(3);
  expect(volume.metadata).toEqual({ array_name: "array-a", array_volume_name: `volume-${volume.id}-cinder` });
  expect(array.findVolume("protector-op-1")).toBeUndefined();
  expect(array.findVolume(`volume-${volume.id}-cinder`)?.bytes).toBe(2 * GIB + 512 * 1024);
});

test("manage by the newer route works too and a replicated type joins cinder-group", async () => {
  const world = await testWorld();
  const array = world.world.array("array-a").model;
  array.createVolume("raw", GIB);
  const volume = { host: "site-a@pure#pure", ref: { name: "raw" }, volume_type: "replicated" };
  const accepted = await world.call(`POST ${CINDER}/manageable_volumes`, world.a.member, { volume }, LATEST_CINDER);
  const done = await settled(world, accepted.body.volume.id);
  expect(done.replication_status).toBe("enabled");
  const group = array.describe().groups.find(({ name }) => name === "cinder-group");
  expect(group?.members).toContain(`volume-${done.id}-cinder`);
});

test("manage of an unknown or a connected volume is accepted and ends in error", async () => {
  const world = await testWorld();
  const array = world.world.array("array-a").model;
  array.createVolume("busy", GIB);
  array.connect("busy", "someone");
  for (const reference of ["unknown", "busy"]) {
    const accepted = await request(world, reference);
    expect(accepted.status).toBe(202);
    expect((await settled(world, accepted.body.volume.id)).status).toBe("error");
  }
  expect(array.findVolume("busy")?.hosts).toEqual(["someone"]);
});

test("manage over quota ends in error_managing and leaves the array volume alone", async () => {
  const world = await testWorld();
  const array = world.world.array("array-a").model;
  array.createVolume("large", 50 * GIB);
  world.a.cloud.volumes.limitsOf(world.a.tenant.project.id).gigabytes = 60;
  const accepted = await request(world, "large");
  expect((await settled(world, accepted.body.volume.id)).status).toBe("error_managing");
  expect(array.findVolume("large")).toBeDefined();
});

test("a host that is no backend is refused and so is a member without the policy", async () => {
  const world = await testWorld({ memberMayManage: false });
  expect((await request(world, "x")).status).toBe(403);
  const volume = { host: "elsewhere@pure#pure", ref: { name: "x" }, volume_type: "plain" };
  const answer = await world.call(`POST ${CINDER}/os-volume-manage`, world.a.admin, { volume });
  expect(answer.status).toBe(400);
});

test("unmanage renames back and forgets; a connected or grouped volume is refused", async () => {
  const world = await testWorld();
  const array = world.world.array("array-a").model;
  array.createVolume("raw", GIB);
  const { id } = (await request(world, "raw")).body.volume;
  await settled(world, id);
  expect((await world.call(`POST ${CINDER}/volumes/${id}/action`, world.a.member, { "os-unmanage": {} })).status).toBe(
    202,
  );
  await world.clock.advance(1000);
  expect((await world.call(`GET ${CINDER}/volumes/${id}`, world.a.member)).status).toBe(404);
  expect(array.findVolume(`volume-${id}-cinder-unmanaged`)?.isDestroyed).toBe(false);
  const inUse = world.a.threeTier.web.volumes[0]?.id;
  const refused = await world.call(`POST ${CINDER}/volumes/${inUse}/action`, world.a.member, { "os-unmanage": {} });
  expect(refused.status).toBe(400);
});

test("provider_id and host are for administrators, provider_id from 3.21 on", async () => {
  const world = await testWorld();
  const volume = world.a.threeTier.web.volumes[0];
  const url = `GET ${CINDER}/volumes/${volume?.id}`;
  const seen = (await world.call(url, world.a.member, undefined, LATEST_CINDER)).body.volume;
  expect(seen).not.toHaveProperty("provider_id");
  expect(seen).not.toHaveProperty("os-vol-host-attr:host");
  const all = (await world.call(url, world.a.admin, undefined, LATEST_CINDER)).body.volume;
  expect(all.provider_id).toBe(`volume-${volume?.id}-cinder`);
  expect(all["os-vol-host-attr:host"]).toBe("site-a@pure#pure");
  const old = { "openstack-api-version": "volume 3.20" };
  expect((await world.call(url, world.a.admin, undefined, old)).body.volume).not.toHaveProperty("provider_id");
});

test("managing the array volume of another Cinder volume is recorded as a problem", async () => {
  const world = await testWorld();
  const type = world.a.tenant.basics.plain;
  const owner = { project: world.a.tenant.project, user: world.a.tenant.user };
  const victim = seedVolume(world.a.cloud, { name: "victim", sizeGiB: 1, type, owner });
  const { id } = (await request(world, victim.providerId ?? "")).body.volume;
  await settled(world, id);
  expect(world.world.problems.map(({ kind }) => kind)).toEqual(["managed_twice"]);
});
