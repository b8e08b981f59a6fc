import type { Site } from "../site.ts";
import { Admin } from "./admin.ts";

const FLAVORS = [
  { name: "m1.tiny", ram: 512, vcpus: 1, disk: 1 },
  { name: "m1.small", ram: 2048, vcpus: 1, disk: 20 },
  { name: "m1.medium", ram: 4096, vcpus: 2, disk: 40 },
];

const VOLUME_TYPES = [
  {
    name: "replicated",
    extra_specs: {
      volume_backend_name: "pure",
      replication_enabled: "<is> True",
      replication_type: "<in> async",
    },
  },
  { name: "plain", extra_specs: { volume_backend_name: "pure" } },
];

const GROUP_TYPE = { name: "consistent", group_specs: { consistent_group_snapshot_enabled: "<is> True" } };
/** First microversion with group types is 3.11. */
const GROUP_VERSION = "volume 3.11";

const IMAGE = {
  name: "cirros",
  disk_format: "raw",
  container_format: "bare",
  visibility: "public",
  min_disk: 1,
  hw_disk_bus: "scsi",
  hw_scsi_model: "virtio-scsi",
};
const IMAGE_SECTORS = 32_768;
const SECTOR_BYTES = 512;

/** Makes what a tenant chooses from: flavors, an image, volume types and a group type; what exists stays as it is. */
export async function registerOffers(site: Site): Promise<void> {
  const admin = await Admin.login(site);
  await Promise.all([
    ensureAll(admin, { service: "compute", path: "/flavors", key: "flavor" }, FLAVORS),
    ensureAll(admin, { service: "volumev3", path: "/types", key: "volume_type" }, VOLUME_TYPES),
    ensureAll(admin, { service: "volumev3", path: "/group_types", key: "group_type", version: GROUP_VERSION }, [
      GROUP_TYPE,
    ]),
    ensureImage(admin),
  ]);
}

/** A kind of object that one service keeps. */
interface Collection {
  readonly service: string;
  readonly path: string;
  /** Under it an answer holds one object, with an `s` a list. */
  readonly key: string;
  readonly version?: string;
}

async function ensureAll(admin: Admin, collection: Collection, objects: readonly { readonly name: string }[]) {
  const { key, ...place } = collection;
  const known = new Set((await admin.list(place, `${key}s`)).map(({ name }) => name));
  for (const object of objects) {
    if (!known.has(object.name)) await admin.send({ ...place, method: "POST", body: { [key]: object } });
  }
}

async function ensureImage(admin: Admin): Promise<void> {
  const active = await admin.list({ service: "image", path: `/v2/images?name=${IMAGE.name}&status=active` }, "images");
  if (active.length > 0) return;
  const made = (await admin.send({ service: "image", method: "POST", path: "/v2/images", body: IMAGE })) as {
    id: string;
  };
  await admin.send({ service: "image", method: "PUT", path: `/v2/images/${made.id}/file`, body: imageBytes() });
}

/** A disk of 16 MiB of which every sector says which it is. */
function imageBytes(): Uint8Array {
  const bytes = Buffer.alloc(IMAGE_SECTORS * SECTOR_BYTES);
  for (let sector = 0; sector < IMAGE_SECTORS; sector += 1) {
    bytes.write(`image ${IMAGE.name}, sector ${sector}\n`, sector * SECTOR_BYTES);
  }
  return bytes;
}
