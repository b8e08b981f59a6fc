import { expect, test } from "vitest";
import { seedVolume } from "../cloud-seed.ts";
import { LATEST_NOVA, NOVA, testWorld } from "../testing.ts";

test("a stopped server stays connected to its volumes and a shelved one does not", async () => {
  const { call, clock, world, a } = await testWorld();
  const { server, volumes } = a.threeTier.db;
  const array = world.array("array-a").model;
  const hosts = () => volumes.map(({ providerId }) => array.findVolume(providerId ?? "")?.hosts.length);
  expect(hosts()).toEqual([1, 1]);
  expect((await call(`POST ${NOVA}/servers/${server.id}/action`, a.member, { "os-stop": null })).status).toBe(202);
  await clock.advance(2000);
  const stopped = await call(`GET ${NOVA}/servers/${server.id}`, a.member);
  expect(stopped.body.server.status).toBe("SHUTOFF");
  expect(hosts()).toEqual([1, 1]);
  await call(`POST ${NOVA}/servers/${server.id}/action`, a.member, { shelve: null });
  await clock.advance(3900);
  expect((await call(`GET ${NOVA}/servers/${server.id}`, a.member)).body.server.status).toBe("SHELVED_OFFLOADED");
  expect(hosts()).toEqual([0, 0]);
  expect(volumes.map(({ status }) => status)).toEqual(["reserved", "reserved"]);
  await call(`POST ${NOVA}/servers/${server.id}/action`, a.member, { unshelve: null });
  await clock.advance(2300);
  expect((await call(`GET ${NOVA}/servers/${server.id}`, a.member)).body.server.status).toBe("ACTIVE");
  expect(hosts()).toEqual([1, 1]);
  expect(world.problems).toEqual([]);
});

test("an owner's lock is undone by its tenant and an administrator's is not", async () => {
  const { call, a } = await testWorld();
  const path = `POST ${NOVA}/servers/${a.threeTier.web.server.id}/action`;
  expect((await call(path, a.member, { lock: { locked_reason: "mine" } }, LATEST_NOVA)).status).toBe(202);
  const refused = await call(path, a.member, { "os-stop": null });
  expect(refused.status).toBe(409);
  expect(refused.body.conflictingRequest.message).toContain("is locked");
  expect((await call(path, a.member, { unlock: null })).status).toBe(202);
  expect((await call(path, a.admin, { lock: { locked_reason: "protector" } }, LATEST_NOVA)).status).toBe(202);
  const unlock = await call(path, a.member, { unlock: null });
  expect(unlock.status).toBe(403);
  expect(unlock.body.forbidden.message).toContain("unlock_override");
  expect((await call(path, a.member, { "os-stop": null })).status).toBe(409);
  expect((await call(path, a.admin, { "os-stop": null })).status).toBe(202);
});

test("an administrator's token scoped to the tenant's project makes only an owner's lock", async () => {
  const { call, token, a } = await testWorld();
  const role = a.cloud.identity.roleNamed("admin");
  a.cloud.identity.grant(a.tenant.basics.admin.id, a.tenant.project.id, role?.id ?? "");
  const inside = await token(a.cloud, { name: "admin", password: "labadmin", project: "demo" });
  const path = `POST ${NOVA}/servers/${a.threeTier.web.server.id}/action`;
  await call(path, inside, { lock: null });
  expect((await call(path, a.member, { unlock: null })).status).toBe(202);
});

test("user data, host and instance names are shown to administrators only", async () => {
  const { call, a } = await testWorld();
  const url = `GET ${NOVA}/servers/${a.threeTier.web.server.id}`;
  const seen = (await call(url, a.member, undefined, LATEST_NOVA)).body.server;
  expect(Object.keys(seen).filter((key) => key.startsWith("OS-EXT-SRV-ATTR"))).toEqual(["OS-EXT-SRV-ATTR:hostname"]);
  const all = (await call(url, a.admin, undefined, LATEST_NOVA)).body.server;
  expect(all["OS-EXT-SRV-ATTR:host"]).toBe("compute-site-a-1");
  expect(all["OS-EXT-SRV-ATTR:root_device_name"]).toBe("/dev/vda");
});

test("fields appear with their microversion and an unknown one is 406", async () => {
  const { call, a } = await testWorld();
  const get = (version: string) =>
    call(`GET ${NOVA}/servers/${a.threeTier.web.server.id}`, a.member, undefined, { "openstack-api-version": version });
  const old = await get("compute 2.8");
  expect(old.body.server).not.toHaveProperty("locked");
  expect(old.headers["openstack-api-version"]).toBe("compute 2.8");
  expect((await get("compute 2.9")).body.server.locked).toBe(false);
  expect((await get("compute 2.46")).body.server.flavor).toHaveProperty("id");
  expect((await get("compute 2.47")).body.server.flavor.original_name).toBe("m1.small");
  expect((await get("compute 2.94")).status).toBe(406);
});

test("a server boots from a volume with a given port and frees both when it is deleted", async () => {
  const { call, clock, a, world } = await testWorld();
  const { tenant } = a;
  const owner = { project: tenant.project, user: tenant.user };
  const volume = seedVolume(a.cloud, { name: "root", sizeGiB: 1, type: tenant.basics.plain, owner, isBootable: true });
  const port = a.cloud.networks.createPort({ networkId: tenant.front.network.id, projectId: tenant.project.id });
  const server = {
    name: "new",
    flavorRef: tenant.basics.flavors.small.id,
    networks: [{ port: port.id }],
    key_name: tenant.keyName,
    tags: ["protector-op-1"],
    block_device_mapping_v2: [{ boot_index: 0, uuid: volume.id, source_type: "volume", destination_type: "volume" }],
  };
  const accepted = await call(`POST ${NOVA}/servers`, a.member, { server }, LATEST_NOVA);
  expect(accepted.status).toBe(202);
  const again = await call(`POST ${NOVA}/servers`, a.member, { server }, LATEST_NOVA);
  expect(again.status).toBe(409);
  expect(again.body.conflictingRequest.message).toContain("still in use");
  const { id } = accepted.body.server;
  expect((await call(`GET ${NOVA}/servers/${id}`, a.member)).body.server.status).toBe("BUILD");
  await clock.advance(3000);
  const list = await call(`GET ${NOVA}/servers/detail?tags=protector-op-1`, a.member, undefined, LATEST_NOVA);
  expect(list.body.servers.map((each) => each.status)).toEqual(["ACTIVE"]);
  expect(volume.status).toBe("in-use");
  expect(port.deviceOwner).toBe("compute:nova");
  expect((await call(`DELETE ${NOVA}/servers/${id}/os-volume_attachments/${volume.id}`, a.member)).status).toBe(400);
  expect((await call(`DELETE ${NOVA}/servers/${id}`, a.member)).status).toBe(204);
  await clock.advance(2000);
  expect((await call(`GET ${NOVA}/servers/${id}`, a.member)).status).toBe(404);
  expect(volume.status).toBe("available");
  expect(port.deviceId).toBe("");
  expect(world.problems).toEqual([]);
});

test("a server that no host has room for ends in ERROR with Nova's fault", async () => {
  const { call, clock, a } = await testWorld();
  for (const host of a.cloud.compute.hosts) host.vcpus = 0;
  const flavorRef = a.tenant.basics.flavors.small.id;
  const server = { name: "big", flavorRef, imageRef: a.tenant.basics.imageId, networks: "none" };
  const { body } = await call(`POST ${NOVA}/servers`, a.member, { server }, LATEST_NOVA);
  await clock.advance(5000);
  const shown = (await call(`GET ${NOVA}/servers/${body.server.id}`, a.member, undefined, LATEST_NOVA)).body.server;
  expect(shown.status).toBe("ERROR");
  expect(shown.fault.message).toBe("No valid host was found. ");
});

test("lists are paged by limit and marker", async () => {
  const { call, a } = await testWorld();
  const first = await call(`GET ${NOVA}/servers?limit=2`, a.member);
  expect(first.body.servers).toHaveLength(2);
  const next = await call(`GET ${first.body.servers_links[0].href}`, a.member);
  expect(next.body.servers.map(({ name }) => name)).toEqual(["web-01"]);
  expect(next.body.servers_links).toBeUndefined();
});

test("a token that is not valid gets the middleware's own 401", async () => {
  const { call } = await testWorld();
  const answer = await call(`GET ${NOVA}/servers`, "wrong");
  expect(answer.status).toBe(401);
  expect(answer.headers["www-authenticate"]).toBe('Keystone uri="http://127.0.0.11:5000/v3"');
  expect(answer.body.error.title).toBe("Unauthorized");
  expect(answer.headers["x-openstack-request-id"]).toMatch(/^req-/);
});

test("a volume is attached, freed by Cinder before Nova forgets it, and attached again only then", async () => {
  const { call, clock, a } = await testWorld();
  const { server } = a.threeTier.web;
  const owner = { project: a.tenant.project, user: a.tenant.user };
  const volume = seedVolume(a.cloud, { name: "extra", sizeGiB: 1, type: a.tenant.basics.plain, owner });
  const url = `${NOVA}/servers/${server.id}/os-volume_attachments`;
  const body = { volumeAttachment: { volumeId: volume.id } };
  const attached = await call(`POST ${url}`, a.member, body, LATEST_NOVA);
  expect(attached.body.volumeAttachment).toMatchObject({ volumeId: volume.id, device: "/dev/vdb" });
  await clock.advance(1000);
  expect(volume.status).toBe("in-use");
  expect(a.cloud.guest(server.id).write("x", "/dev/vdb")).toHaveLength(1);
  expect((await call(`DELETE ${url}/${volume.id}`, a.member)).status).toBe(202);
  await clock.advance(1000);
  expect(volume.status).toBe("available");
  expect((await call(`POST ${url}`, a.member, body)).status).toBe(400);
  await clock.advance(300);
  expect((await call(`POST ${url}`, a.member, body)).status).toBe(200);
});

test("a server booted from an image through a new volume gets the volume and writes to it", async () => {
  const { call, clock, a, world } = await testWorld();
  const device = { boot_index: 0, uuid: a.tenant.basics.imageId, source_type: "image", destination_type: "volume" };
  const server = {
    name: "from-image",
    flavorRef: a.tenant.basics.flavors.small.id,
    networks: [{ uuid: a.tenant.back.network.id }],
    block_device_mapping_v2: [{ ...device, volume_size: 2, delete_on_termination: true }],
  };
  const { id } = (await call(`POST ${NOVA}/servers`, a.member, { server }, LATEST_NOVA)).body.server;
  await clock.advance(10_000);
  const shown = (await call(`GET ${NOVA}/servers/${id}`, a.member, undefined, LATEST_NOVA)).body.server;
  expect(shown.status).toBe("ACTIVE");
  expect(shown.addresses["demo-back"]?.[0].addr).toMatch(/^10\.20\.0\./);
  expect(a.cloud.guest(id).write("hello")).toHaveLength(1);
  await call(`DELETE ${NOVA}/servers/${id}`, a.member);
  await clock.advance(10_000);
  expect(a.cloud.volumes.volumes.has(shown["os-extended-volumes:volumes_attached"][0].id)).toBe(false);
  expect([...a.cloud.networks.ports.values()].some(({ deviceId }) => deviceId === id)).toBe(false);
  expect(world.problems).toEqual([]);
});

test("a server is resized on another host, waits to be confirmed, and a shelved one is refused", async () => {
  const { call, clock, world, a } = await testWorld();
  const { server, volumes } = a.threeTier.web;
  const { medium, small } = a.tenant.basics.flavors;
  const path = `POST ${NOVA}/servers/${server.id}/action`;
  const resize = (flavorRef: string) => call(path, a.member, { resize: { flavorRef } });
  const shown = async () => (await call(`GET ${NOVA}/servers/${server.id}`, a.member)).body.server.status;
  expect((await resize(small.id)).body.badRequest.message).toBe("When resizing, instances must change flavor!");
  expect((await call(path, a.member, { confirmResize: null })).status).toBe(409);
  const before = server.host;
  expect((await resize(medium.id)).status).toBe(202);
  expect(await shown()).toBe("RESIZE");
  await clock.advance(10_000);
  expect([await shown(), server.flavor.name, server.host === before]).toEqual(["VERIFY_RESIZE", "m1.medium", false]);
  const onArray = world.array("array-a").model.findVolume(volumes[0]?.providerId ?? "");
  expect(onArray?.hosts).toEqual([server.host?.arrayHost]);
  expect((await call(path, a.member, { confirmResize: null })).status).toBe(204);
  expect((await call(path, a.member, { confirmResize: null })).status).toBe(400);
  await clock.advance(10_000);
  expect(await shown()).toBe("ACTIVE");
  await call(path, a.member, { shelve: null });
  await clock.advance(10_000);
  const refused = await resize(small.id);
  expect([refused.status, refused.body.conflictingRequest.message]).toEqual([
    409,
    `Cannot 'resize' instance ${server.id} while it is in vm_state shelved_offloaded`,
  ]);
  expect(world.problems).toEqual([]);
});

test("without another host that has room a resize is accepted and comes to nothing", async () => {
  const { call, clock, a } = await testWorld();
  const { server } = a.threeTier.web;
  for (const host of a.cloud.compute.hosts) if (host !== server.host) host.traits.add("COMPUTE_STATUS_DISABLED");
  const flavorRef = a.tenant.basics.flavors.medium.id;
  expect((await call(`POST ${NOVA}/servers/${server.id}/action`, a.member, { resize: { flavorRef } })).status).toBe(
    202,
  );
  await clock.advance(10_000);
  expect(server).toMatchObject({ vmState: "active", taskState: null, flavor: { name: "m1.small" } });
});

test("an interface is unplugged by and by, and not of a shelved server", async () => {
  const { call, clock, a } = await testWorld();
  const { server, ports } = a.threeTier.app;
  const path = `${NOVA}/servers/${server.id}/os-interface/${ports[0]?.id}`;
  expect((await call(`DELETE ${path}`, a.member)).status).toBe(202);
  expect(server.nics).toHaveLength(2);
  await clock.advance(5000);
  expect(server.nics).toHaveLength(1);
  expect(ports[0]).toMatchObject({ deviceId: "" });
  await call(`POST ${NOVA}/servers/${server.id}/action`, a.member, { shelve: null });
  await clock.advance(10_000);
  const plug = { interfaceAttachment: { port_id: ports[0]?.id } };
  expect((await call(`POST ${NOVA}/servers/${server.id}/os-interface`, a.member, plug)).status).toBe(409);
});
