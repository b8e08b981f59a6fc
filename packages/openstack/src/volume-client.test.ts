import { expect, test } from "vitest";
import { bodyOf, type Script, scriptedCloud } from "./testing/scripted-transport.ts";

const CINDER = "http://controller:8776/v3/p-1";

/** As Cinder Zed shows it to an administrator at 3.70. */
const VOLUME = {
  id: "v-1",
  status: "in-use",
  size: 8,
  availability_zone: "nova",
  created_at: "2026-11-22T10:00:00.000000",
  updated_at: null,
  name: "root",
  description: "",
  volume_type: "replicated",
  snapshot_id: null,
  source_volid: null,
  metadata: { array_volume_name: "volume-v-1-cinder" },
  links: [],
  user_id: "u-1",
  bootable: "true",
  encrypted: false,
  replication_status: "enabled",
  consistencygroup_id: null,
  multiattach: false,
  attachments: [
    {
      id: "v-1",
      attachment_id: "a-1",
      volume_id: "v-1",
      server_id: "s-1",
      host_name: "c1",
      device: "/dev/vda",
      attached_at: "",
    },
  ],
  migration_status: null,
  group_id: "g-1",
  provider_id: "volume-v-1-cinder",
  shared_targets: true,
  service_uuid: "x",
  cluster_name: null,
  volume_type_id: "t-1",
  consumes_quota: true,
  "os-vol-host-attr:host": "site-a@pure#pure",
  "os-vol-mig-status-attr:migstat": null,
  "os-vol-tenant-attr:tenant_id": "p-9",
  volume_image_metadata: { image_id: "i-1", min_disk: 0 },
};

function cinder(script: Script) {
  return scriptedCloud(
    Object.fromEntries(Object.entries(script).map(([call, answer]) => [call.replace(" ", ` ${CINDER}`), answer])),
  );
}

test("a volume is read as an administrator sees it, at the negotiated microversion", async () => {
  const scripted = cinder({ "GET /volumes/v-1": { body: { volume: VOLUME } } });
  expect(await scripted.run(scripted.cloud.volume.findVolume("v-1"))).toEqual({
    id: "v-1",
    name: "root",
    description: "",
    status: "in-use",
    sizeGiB: 8,
    typeName: "replicated",
    isBootable: true,
    isEncrypted: false,
    isMultiattach: false,
    metadata: { array_volume_name: "volume-v-1-cinder" },
    imageMetadata: { image_id: "i-1", min_disk: "0" },
    attachments: [{ serverId: "s-1", device: "/dev/vda" }],
    availabilityZone: "nova",
    replicationStatus: "enabled",
    groupId: "g-1",
    host: "site-a@pure#pure",
    providerId: "volume-v-1-cinder",
    projectId: "p-9",
    createdAt: "2026-11-22T10:00:00.000000",
  });
  expect(scripted.sentTo(`GET ${CINDER}/volumes/v-1`)[0]?.headers["openstack-api-version"]).toBe("volume 3.70");
});

test("volumes of all projects are listed with all_tenants, one's own without", async () => {
  const answer = { body: { volumes: [] } };
  const scripted = scriptedCloud({
    "GET http://controller:8776/v3/p-1/volumes/detail?all_tenants=1": answer,
    "GET http://controller:8776/v3/p-1/volumes/detail": answer,
  });
  await scripted.run(scripted.cloud.volume.listVolumes({ allProjects: true }));
  await scripted.run(scripted.cloud.volume.listVolumes({}));
  expect(scripted.sent.map(({ url }) => url.split("/volumes")[1]).filter((rest) => rest !== undefined)).toEqual([
    "/detail?all_tenants=1",
    "/detail",
  ]);
});

test("volumes of another project are listed with all_tenants", async () => {
  const list = "GET /volumes/detail?name=root&project_id=p-9&all_tenants=1";
  const scripted = cinder({ [list]: { body: { volumes: [VOLUME] } } });
  const volumes = await scripted.run(scripted.cloud.volume.listVolumes({ name: "root", projectId: "p-9" }));
  expect(volumes.map(({ id }) => id)).toEqual(["v-1"]);
});

test("a volume is managed with both reference keys", async () => {
  const managing = { ...VOLUME, status: "managing", attachments: [], volume_image_metadata: undefined };
  const scripted = cinder({ "POST /manageable_volumes": { status: 202, body: { volume: managing } } });
  const volume = await scripted.run(
    scripted.cloud.volume.manageVolume({
      host: "site-b@pure#pure",
      reference: "protector-op-1",
      name: "protector-op-1",
      description: "",
      volumeType: "replicated",
      isBootable: true,
      metadata: {},
    }),
  );
  expect(volume.status).toBe("managing");
  expect(bodyOf(scripted, `POST ${CINDER}/manageable_volumes`)).toEqual({
    volume: {
      host: "site-b@pure#pure",
      ref: { name: "protector-op-1", "source-name": "protector-op-1" },
      name: "protector-op-1",
      description: "",
      volume_type: "replicated",
      bootable: true,
      metadata: {},
    },
  });
});

test("actions and changes have the bodies that Cinder's schemas accept", async () => {
  const scripted = cinder({
    "POST /volumes/v-1/action": { status: 202, body: "" },
    "PUT /volumes/v-1": { body: { volume: VOLUME } },
    "PUT /volumes/v-1/metadata": { body: { metadata: {} } },
    "PUT /groups/g-1": { status: 202, body: "" },
    "POST /groups/g-1/action": { status: 202, body: "" },
  });
  const { volume } = scripted.cloud;
  await scripted.run(volume.setBootable("v-1", true));
  await scripted.run(volume.setImageMetadata("v-1", { image_id: "i-1" }));
  await scripted.run(volume.unmanageVolume("v-1"));
  await scripted.run(volume.resetStatus("v-1", "available"));
  await scripted.run(volume.updateVolume("v-1", { name: "new" }));
  await scripted.run(volume.replaceMetadata("v-1", { a: "b" }));
  await scripted.run(volume.updateGroup("g-1", { addVolumes: ["v-1", "v-2"], removeVolumes: [] }));
  await scripted.run(volume.deleteGroup("g-1"));
  const bodies = scripted.sent.filter(({ body, url }) => body && url.startsWith(CINDER));
  expect(bodies.map(({ body }) => JSON.parse(body ?? ""))).toEqual([
    { "os-set_bootable": { bootable: true } },
    { "os-set_image_metadata": { metadata: { image_id: "i-1" } } },
    { "os-unmanage": {} },
    { "os-reset_status": { status: "available" } },
    { volume: { name: "new" } },
    { metadata: { a: "b" } },
    { group: { add_volumes: "v-1,v-2" } },
    { delete: { "delete-volumes": false } },
  ]);
});

test("types, pools, services and quotas are read", async () => {
  const value = (limit: number, in_use: number) => ({ limit, in_use, reserved: 0 });
  const scripted = cinder({
    "GET /types?is_public=None": {
      body: {
        volume_types: [
          {
            id: "t-1",
            name: "replicated",
            is_public: true,
            description: null,
            extra_specs: { replication_enabled: "<is> True" },
          },
        ],
      },
    },
    "GET /scheduler-stats/get_pools?detail=true": {
      body: {
        pools: [{ name: "site-a@pure#pure", capabilities: { replication_enabled: true, driver_version: "15.0" } }],
      },
    },
    "GET /os-services": {
      body: {
        services: [
          {
            binary: "cinder-volume",
            host: "site-a@pure",
            zone: "nova",
            status: "enabled",
            state: "up",
            updated_at: "2026-11-22T10:00:00.000000",
            disabled_reason: null,
            replication_status: "enabled",
            frozen: false,
            active_backend_id: null,
          },
        ],
      },
    },
    "GET /os-quota-sets/p-9?usage=True": {
      body: {
        quota_set: {
          id: "p-9",
          volumes: value(10, 2),
          gigabytes: value(1000, 16),
          snapshots: value(10, 0),
          per_volume_gigabytes: value(-1, 0),
          volumes_replicated: value(-1, 1),
          gigabytes_replicated: value(-1, 8),
          snapshots_replicated: value(-1, 0),
        },
      },
    },
  });
  const { volume } = scripted.cloud;
  expect((await scripted.run(volume.listTypes()))[0]?.extraSpecs).toEqual({ replication_enabled: "<is> True" });
  expect((await scripted.run(volume.listPools()))[0]?.name).toBe("site-a@pure#pure");
  expect(await scripted.run(volume.listServices())).toEqual([
    { binary: "cinder-volume", host: "site-a@pure", status: "enabled", state: "up", replicationStatus: "enabled" },
  ]);
  expect(await scripted.run(volume.quota("p-9"))).toEqual({
    volumes: { limit: 10, used: 2 },
    gigabytes: { limit: 1000, used: 16 },
    byType: { replicated: { volumes: { limit: -1, used: 1 }, gigabytes: { limit: -1, used: 8 } } },
  });
});

test("a group is created, found with its volumes, and listed by name", async () => {
  const group = {
    id: "g-1",
    name: "pg",
    status: "available",
    availability_zone: "nova",
    created_at: "2026-11-22T10:00:00.000000",
    description: "",
    group_type: "gt-1",
    group_snapshot_id: null,
    source_group_id: null,
    volume_types: ["t-1"],
    replication_status: "disabled",
    volumes: ["v-1"],
  };
  const scripted = cinder({
    "POST /groups": { status: 202, body: { group: { id: "g-1", name: "pg" } } },
    "GET /groups/g-1?list_volume=true": { body: { group } },
    "GET /groups/detail?list_volume=true&name=pg": {
      body: { groups: [group, { ...group, id: "g-2", name: "other" }] },
    },
  });
  const { volume } = scripted.cloud;
  const request = { name: "pg", description: "", groupTypeId: "gt-1", volumeTypeIds: ["t-1"] };
  expect((await scripted.run(volume.createGroup(request))).id).toBe("g-1");
  expect(bodyOf(scripted, `POST ${CINDER}/groups`)).toEqual({
    group: { name: "pg", description: "", group_type: "gt-1", volume_types: ["t-1"] },
  });
  expect(await scripted.run(volume.findGroup("g-1"))).toEqual({
    id: "g-1",
    name: "pg",
    status: "available",
    volumeIds: ["v-1"],
    groupTypeId: "gt-1",
    volumeTypeIds: ["t-1"],
  });
  expect((await scripted.run(volume.listGroups({ name: "pg" }))).map(({ id }) => id)).toEqual(["g-1"]);
});

test("a group type whose specs are refused does not stay behind without them", async () => {
  const scripted = cinder({
    "POST /group_types": { status: 202, body: { group_type: { id: "gt-1", name: "x", group_specs: {} } } },
    "POST /group_types/gt-1/group_specs": { status: 403, body: { forbidden: { code: 403, message: "no" } } },
    "DELETE /group_types/gt-1": { status: 202, body: "" },
  });
  const created = scripted.cloud.volume.createGroupType("x", { consistent_group_snapshot_enabled: "<is> True" });
  await expect(scripted.run(created)).rejects.toThrow("403");
  expect(scripted.sentTo(`DELETE ${CINDER}/group_types/gt-1`)).toHaveLength(1);
});
