import { expect, test } from "vitest";
import type { Cloud } from "../cloud.ts";
import { CINDER, LATEST_CINDER, type TestWorld, testWorld } from "../testing.ts";

const POD = "cinder-pod";

const arrays = (world: TestWorld) => [world.world.array("array-a").model, world.world.array("array-b").model] as const;

async function create(world: TestWorld, type: string) {
  const { body } = await world.call(`POST ${CINDER}/volumes`, world.a.member, {
    volume: { name: "new", size: 1, volume_type: type },
  });
  await world.clock.advance(1000);
  return show(world, body.volume.id);
}

async function show(world: TestWorld, id: string) {
  return (await world.call(`GET ${CINDER}/volumes/${id}`, world.a.admin, undefined, LATEST_CINDER)).body.volume;
}

function diskOf(cloud: Cloud, world: TestWorld): string {
  const [volume] = world.a.threeTier.db.volumes;
  return cloud.volumes.volumes.get(volume?.id ?? "")?.providerId ?? "";
}

test("volumes of a sync type are in the pod of both arrays, under one serial, with what guests wrote", async () => {
  const world = await testWorld({}, {});
  const volume = await create(world, "sync");
  expect(volume).toMatchObject({ status: "available", provider_id: `${POD}::volume-${volume.id}-cinder` });
  expect(volume.replication_status).toBe("enabled");
  const [near, far] = arrays(world).map((array) => array.findVolume(volume.provider_id));
  expect(far?.serial).toBe(near?.serial);
  world.a.cloud.guest(world.a.threeTier.db.server.id).write("everywhere");
  const disk = diskOf(world.a.cloud, world);
  const [here, there] = arrays(world).map((array) => array.writesOfVolume(disk));
  expect(here).toHaveLength(1);
  expect(there).toEqual(here);
  expect(
    arrays(world)[0]
      .describe()
      .groups.find(({ name }) => name === "cinder-group")?.members ?? [],
  ).toEqual([]);
  expect(world.world.problems).toEqual([]);
});

test("a type that no backend can replicate so finds no backend", async () => {
  const world = await testWorld({}, {});
  const { id, name } = world.b.cloud.volumes.createType("sync", {
    replication_enabled: "<is> True",
    replication_type: "<in> sync",
  });
  expect(() => world.b.cloud.volumes.backendFor({ ...world.b.cloud.volumes.requireType(id), name })).toThrow(
    /No valid backend/,
  );
});

test("a consistent group of a sync type is in the pod, and errs with volumes from outside of it", async () => {
  const world = await testWorld({}, {});
  const groupOf = async (types: readonly string[]) => {
    const { body } = await world.call(
      `POST ${CINDER}/groups`,
      world.a.member,
      { group: { name: "g", group_type: "consistent", volume_types: types } },
      LATEST_CINDER,
    );
    await world.clock.advance(1000);
    return body.group.id;
  };
  const add = async (group: string, volume: string) => {
    const update = { group: { add_volumes: volume } };
    await world.call(`PUT ${CINDER}/groups/${group}`, world.a.member, update, LATEST_CINDER);
    await world.clock.advance(1000);
    return (await world.call(`GET ${CINDER}/groups/${group}`, world.a.member, undefined, LATEST_CINDER)).body.group;
  };
  const [inside, outside] = [await create(world, "sync"), await create(world, "plain")];
  const group = await groupOf(["sync", "plain"]);
  expect((await add(group, inside.id)).status).toBe("available");
  const found = arrays(world)[1]
    .describe()
    .groups.find(({ name }) => name === `${POD}::consisgroup-${group}-cinder`);
  expect(found?.members).toEqual([inside.provider_id]);
  expect((await add(group, outside.id)).status).toBe("error");
});

test("manage takes no volume of a pod and none into a sync type; a clone out of the pod goes into another type", async () => {
  const world = await testWorld({}, {});
  const { provider_id: source } = await create(world, "sync");
  arrays(world)[0].cloneVolume(source, "protector-clone");
  const manage = async (name: string, type: string) => {
    const volume = { host: "site-a@pure#pure", ref: { name, "source-name": name }, volume_type: type };
    const { body } = await world.call(`POST ${CINDER}/os-volume-manage`, world.a.member, { volume });
    await world.clock.advance(1000);
    return (await show(world, body.volume.id)).status;
  };
  expect(await manage(source, "plain")).toBe("error");
  expect(await manage("protector-clone", "sync")).toBe("error");
  expect(await manage("protector-clone", "plain")).toBe("available");
});

test("retype leads neither into the pod nor out of it, unmanage keeps a volume in it", async () => {
  const world = await testWorld({}, {});
  const [inside, outside] = [await create(world, "sync"), await create(world, "plain")];
  for (const [id, type] of [
    [inside.id, "plain"],
    [outside.id, "sync"],
  ]) {
    await world.call(`POST ${CINDER}/volumes/${id}/action`, world.a.member, { "os-retype": { new_type: type } });
  }
  expect([(await show(world, inside.id)).volume_type, (await show(world, outside.id)).volume_type]).toEqual([
    "sync",
    "plain",
  ]);
  await world.call(`POST ${CINDER}/volumes/${inside.id}/action`, world.a.member, { "os-unmanage": {} });
  await world.clock.advance(1000);
  expect(arrays(world)[1].findVolume(`${inside.provider_id}-unmanaged`)).toBeDefined();
});

test("the driver does nothing while its sync device does not answer, and started meanwhile goes on without", async () => {
  const world = await testWorld({}, {});
  arrays(world)[1].isUp = false;
  expect((await create(world, "plain")).status).toBe("error");
  arrays(world)[1].isUp = true;
  expect((await create(world, "plain")).status).toBe("available");
  arrays(world)[1].isUp = false;
  world.a.cloud.restartCinder();
  expect((await create(world, "plain")).status).toBe("available");
});

test("a guest loses its disks with its array, unless its host has paths to both", async () => {
  for (const isUniform of [false, true]) {
    const world = await testWorld({}, { isUniform });
    const guest = world.a.cloud.guest(world.a.threeTier.db.server.id);
    expect(guest.write("before")).toHaveLength(2);
    arrays(world)[0].isUp = false;
    expect(guest.write("after")).toHaveLength(isUniform ? 2 : 0);
    expect(arrays(world)[1].writesOfVolume(diskOf(world.a.cloud, world))).toHaveLength(isUniform ? 2 : 1);
    expect(world.world.problems).toEqual([]);
  }
});
