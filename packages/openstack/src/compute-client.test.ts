import { describe, expect, test } from "vitest";
import { type Script, scriptedCloud } from "./testing/scripted-transport.ts";

const NOVA = "http://controller:8774/v2.1";
const ID = "9168b536-cd40-4630-b43f-b259807c6e87";

/** As Nova Zed shows it to an administrator at 2.93. */
const SERVER = {
  id: ID,
  name: "web-1",
  status: "SHUTOFF",
  tenant_id: "6f70656e737461636b20342065766572",
  user_id: "fake",
  metadata: { "My Server Name": "Apache1" },
  hostId: "2091634baaccdc4c5a1d57069c833e402921df696b7f970791b12ec6",
  image: "",
  flavor: {
    vcpus: 1,
    ram: 512,
    disk: 1,
    ephemeral: 0,
    swap: 0,
    original_name: "m1.tiny.specs",
    extra_specs: { "hw:numa_nodes": "1" },
  },
  created: "2019-04-23T15:19:14Z",
  updated: "2019-04-23T15:19:15Z",
  addresses: {},
  accessIPv4: "",
  accessIPv6: "",
  links: [],
  "OS-DCF:diskConfig": "AUTO",
  "OS-EXT-AZ:availability_zone": "nova",
  config_drive: "True",
  key_name: null,
  "OS-SRV-USG:launched_at": "2019-04-23T15:19:15.000000",
  "OS-SRV-USG:terminated_at": null,
  "OS-EXT-SRV-ATTR:host": "compute",
  "OS-EXT-SRV-ATTR:hostname": "web-1",
  "OS-EXT-SRV-ATTR:root_device_name": "/dev/vda",
  "OS-EXT-SRV-ATTR:user_data": "IyEvYmluL2Jhc2gK",
  "OS-EXT-STS:task_state": null,
  "OS-EXT-STS:vm_state": "stopped",
  "OS-EXT-STS:power_state": 4,
  "os-extended-volumes:volumes_attached": [
    { id: "volume_id1", delete_on_termination: false },
    { id: "volume_id2", delete_on_termination: true },
  ],
  locked: true,
  locked_reason: "I don't want to work",
  description: null,
  tags: ["protector-op-1"],
  trusted_image_certificates: null,
  server_groups: [],
  security_groups: [{ name: "default" }, { name: "default" }],
};

function nova(script: Script) {
  return scriptedCloud(
    Object.fromEntries(Object.entries(script).map(([call, answer]) => [call.replace(" ", ` ${NOVA}`), answer])),
  );
}

describe("microversion", () => {
  const document = (version: string): Script => ({
    "GET /": { body: { version: { id: "v2.1", status: "CURRENT", version, min_version: "2.1" } } },
  });

  test.each([
    ["2.96", "2.93"],
    ["2.87", "2.87"],
  ])("of a Nova at %s is %s", async (theirs, spoken) => {
    const scripted = nova({ ...document(theirs), [`GET /servers/${ID}`]: { body: { server: SERVER } } });
    expect(await scripted.run(scripted.cloud.compute.microversion())).toBe(spoken);
    await scripted.run(scripted.cloud.compute.findServer(ID));
    const [call] = scripted.sentTo(`GET ${NOVA}/servers/${ID}`);
    expect(call?.headers["openstack-api-version"]).toBe(`compute ${spoken}`);
    expect(scripted.sentTo(`GET ${NOVA}/`)).toHaveLength(1);
  });

  test("below the floor is refused", async () => {
    const scripted = nova(document("2.60"));
    const asked = scripted.cloud.compute.findServer(ID).catch((error: unknown) => String(error));
    expect(await scripted.run(asked)).toContain("microversion 2.79 is needed, the service offers 2.60");
  });
});

test("a server is read as an administrator sees it", async () => {
  const scripted = nova({ [`GET /servers/${ID}`]: { body: { server: SERVER } } });
  expect(await scripted.run(scripted.cloud.compute.findServer(ID))).toEqual({
    id: ID,
    name: "web-1",
    description: null,
    status: "SHUTOFF",
    taskState: null,
    powerState: 4,
    projectId: "6f70656e737461636b20342065766572",
    userId: "fake",
    isLocked: true,
    lockedReason: "I don't want to work",
    flavor: {
      originalName: "m1.tiny.specs",
      vcpus: 1,
      ramMiB: 512,
      diskGiB: 1,
      ephemeralGiB: 0,
      swapMiB: 0,
      extraSpecs: { "hw:numa_nodes": "1" },
    },
    imageId: undefined,
    keyName: null,
    availabilityZone: "nova",
    hostname: "web-1",
    host: "compute",
    rootDeviceName: "/dev/vda",
    userData: "IyEvYmluL2Jhc2gK",
    hasConfigDrive: true,
    metadata: { "My Server Name": "Apache1" },
    tags: ["protector-op-1"],
    securityGroups: ["default"],
    createdAt: "2019-04-23T15:19:14Z",
    launchedAt: "2019-04-23T15:19:15.000000",
    terminatedAt: null,
    fault: undefined,
    volumeIds: ["volume_id1", "volume_id2"],
  });
});

test("a server is read as a member sees it, with an image and a fault", async () => {
  const hidden = Object.entries(SERVER).filter(([key]) => !key.startsWith("OS-EXT-SRV-ATTR"));
  const server = {
    ...Object.fromEntries(hidden),
    status: "ERROR",
    config_drive: "",
    image: { id: "i-1", links: [] },
    fault: { code: 500, created: "2019-04-23T15:19:15Z", message: "No valid host was found." },
  };
  const scripted = nova({ [`GET /servers/${ID}`]: { body: { server } } });
  expect(await scripted.run(scripted.cloud.compute.findServer(ID))).toMatchObject({
    host: undefined,
    rootDeviceName: undefined,
    userData: undefined,
    hostname: null,
    hasConfigDrive: false,
    imageId: "i-1",
    fault: "No valid host was found.",
  });
});

test("servers are listed by tag and by exact name, page by page", async () => {
  const first = "GET /servers/detail?tags=protector-op-1&name=%5Eweb%5C.1%24&project_id=p-9&all_tenants=true";
  const scripted = nova({
    [first]: {
      body: {
        servers: [{ ...SERVER, name: "web.1" }],
        servers_links: [{ rel: "next", href: `http://x/v2.1/servers/detail?limit=1&marker=${ID}` }],
      },
    },
    [`${first}&limit=1&marker=${ID}`]: { body: { servers: [{ ...SERVER, id: "other", name: "web.1" }] } },
  });
  const filter = { tag: "protector-op-1", name: "web.1", projectId: "p-9", allProjects: true };
  const servers = await scripted.run(scripted.cloud.compute.listServers(filter));
  expect(servers.map(({ id }) => id)).toEqual([ID, "other"]);
});

test("actions have the bodies that Nova's schemas accept", async () => {
  const scripted = nova({ [`POST /servers/${ID}/action`]: { status: 202, body: "" } });
  const { compute } = scripted.cloud;
  await scripted.run(compute.stopServer(ID));
  await scripted.run(compute.startServer(ID));
  await scripted.run(compute.shelveServer(ID));
  await scripted.run(compute.unshelveServer(ID));
  await scripted.run(compute.lockServer(ID, "failover"));
  await scripted.run(compute.unlockServer(ID));
  const bodies = scripted.sentTo(`POST ${NOVA}/servers/${ID}/action`).map(({ body }) => JSON.parse(body ?? ""));
  expect(bodies).toEqual([
    { "os-stop": null },
    { "os-start": null },
    { shelve: null },
    { unshelve: null },
    { lock: { locked_reason: "failover" } },
    { unlock: null },
  ]);
});

test("deleting a server that is gone succeeds", async () => {
  const gone = { status: 404, body: { itemNotFound: { code: 404, message: "Instance could not be found." } } };
  const scripted = nova({ [`DELETE /servers/${ID}`]: gone });
  await expect(scripted.run(scripted.cloud.compute.deleteServer(ID))).resolves.toBeUndefined();
});

test("flavors, key pairs, attachments, zones and quotas are read", async () => {
  const flavor = {
    id: "f-1",
    name: "m1.tiny",
    vcpus: 1,
    ram: 512,
    disk: 1,
    "OS-FLV-EXT-DATA:ephemeral": 2,
    swap: 64,
    extra_specs: { "hw:cpu_policy": "shared" },
  };
  const scripted = nova({
    "GET /flavors/f-1": { body: { flavor } },
    "GET /flavors/detail?is_public=None": { body: { flavors: [flavor] } },
    "GET /os-keypairs/my%20key?user_id=u-9": {
      body: {
        keypair: { name: "my key", type: "ssh", public_key: "ssh-rsa AAA", fingerprint: "aa:bb", user_id: "u-9" },
      },
    },
    [`GET /servers/${ID}/os-volume_attachments`]: {
      body: {
        volumeAttachments: [
          {
            volumeId: "v-1",
            serverId: ID,
            device: "/dev/vda",
            tag: null,
            delete_on_termination: true,
            attachment_id: "a",
          },
        ],
      },
    },
    "GET /os-availability-zone": {
      body: {
        availabilityZoneInfo: [
          { zoneName: "nova", zoneState: { available: true }, hosts: null },
          { zoneName: "down", zoneState: { available: false }, hosts: null },
        ],
      },
    },
    "GET /os-quota-sets/p-9/detail": {
      body: {
        quota_set: {
          id: "p-9",
          instances: { in_use: 2, limit: 10, reserved: 1 },
          cores: { in_use: 4, limit: -1, reserved: 0 },
          ram: { in_use: 1024, limit: 51200, reserved: 0 },
          server_groups: { in_use: 0, limit: 10, reserved: 0 },
        },
      },
    },
  });
  const { compute } = scripted.cloud;
  const read = { id: "f-1", name: "m1.tiny", vcpus: 1, ramMiB: 512, diskGiB: 1, ephemeralGiB: 2, swapMiB: 64 };
  expect(await scripted.run(compute.findFlavor("f-1"))).toMatchObject(read);
  expect((await scripted.run(compute.listFlavors()))[0]?.extraSpecs).toEqual({ "hw:cpu_policy": "shared" });
  expect((await scripted.run(compute.findKeypair("my key", "u-9")))?.publicKey).toBe("ssh-rsa AAA");
  expect(await scripted.run(compute.listVolumeAttachments(ID))).toEqual([
    { volumeId: "v-1", device: "/dev/vda", tag: null, deleteOnTermination: true },
  ]);
  expect(await scripted.run(compute.listAvailabilityZones())).toEqual(["nova"]);
  expect(await scripted.run(compute.quota("p-9"))).toEqual({
    instances: { limit: 10, used: 3 },
    cores: { limit: -1, used: 4 },
    ramMiB: { limit: 51200, used: 1024 },
    serverGroups: { limit: 10, used: 0 },
  });
});

test("volumes are attached with their delete-on-termination, which can be changed, and detached; one that is detached already is done", async () => {
  const path = `/servers/${ID}/os-volume_attachments`;
  const scripted = nova({
    [`POST ${path}`]: { body: { volumeAttachment: { volumeId: "v-1" } } },
    [`PUT ${path}/v-1`]: { status: 202 },
    [`DELETE ${path}/v-1`]: { status: 202 },
    [`DELETE ${path}/v-2`]: { status: 404, body: { itemNotFound: { code: 404, message: "not attached" } } },
  });
  const { compute } = scripted.cloud;
  await scripted.run(compute.attachVolume(ID, { volumeId: "v-1", deleteOnTermination: true }));
  await scripted.run(compute.setDeleteOnTermination(ID, "v-1", false));
  await scripted.run(compute.detachVolume(ID, "v-1"));
  await scripted.run(compute.detachVolume(ID, "v-2"));
  const [sent] = scripted.sentTo(`POST ${NOVA}${path}`);
  expect(JSON.parse(String(sent?.body))).toEqual({
    volumeAttachment: { volumeId: "v-1", delete_on_termination: true },
  });
  const [changed] = scripted.sentTo(`PUT ${NOVA}${path}/v-1`);
  expect(JSON.parse(String(changed?.body))).toEqual({
    volumeAttachment: { volumeId: "v-1", delete_on_termination: false },
  });
});

test("server groups are listed to their end although Nova names no next page", async () => {
  const group = (id: string) => ({
    id,
    name: id,
    policy: "anti-affinity",
    rules: {},
    members: [ID],
    project_id: "p",
    user_id: "u",
  });
  const scripted = nova({
    "GET /os-server-groups?all_projects=True": { body: { server_groups: [group("a"), group("b")] } },
    "GET /os-server-groups?all_projects=True&offset=2": { body: { server_groups: [group("c")] } },
    "GET /os-server-groups?all_projects=True&offset=3": { body: { server_groups: [] } },
  });
  const groups = await scripted.run(scripted.cloud.compute.listServerGroups(true));
  expect(groups.map(({ id }) => id)).toEqual(["a", "b", "c"]);
  expect(groups[0]).toEqual({ id: "a", name: "a", policy: "anti-affinity", memberIds: [ID] });
});
