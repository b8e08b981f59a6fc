import type { Router } from "../../http/router.ts";
import { badRequest, notFound } from "../core/api-error.ts";
import { ACCEPTED_WITHOUT_BODY, accepted, type Call, isTrue, ok, projectOf } from "../core/call.ts";
import { metadataOf, objectAt, optionalTextAt } from "../core/json.ts";
import { pageOf } from "../core/paging.ts";
import type { VolumeRecord } from "./records.ts";
import type { VolumeState } from "./volume-state.ts";
import { volumeSummary, volumeView } from "./volume-view.ts";
import { createVolume, deleteVolume, type NewVolume } from "./volume-work.ts";

/** Finds an image's properties; how Cinder asks Glance. */
export type FindImage = (
  id: string,
) => { readonly id: string; readonly name: string; readonly minDiskGiB: number } | undefined;

export interface VolumeRoutes {
  readonly state: VolumeState;
  readonly origin: string;
  readonly findImage: FindImage;
}

/** `/volumes` and the volumes' metadata. */
export function routeVolumes(router: Router<Call>, { state, origin, findImage }: VolumeRoutes): void {
  const list = (call: Call, view: (volume: VolumeRecord) => unknown) => {
    const path = view === summary ? "volumes" : "volumes/detail";
    const url = `${origin}/v3/${call.caller.projectId}/${path}`;
    const page = pageOf(visibleVolumes(state, call), call.query, { url, maximum: 1000 });
    const links = page.next ? { volumes_links: [{ rel: "next", href: page.next }] } : {};
    const count =
      call.version >= 45 && isTrue(call.query.get("with_count")) ? { count: visibleVolumes(state, call).length } : {};
    return ok({ volumes: page.items.map(view), ...links, ...count });
  };
  const summary = (volume: VolumeRecord) => volumeSummary(volume, origin);
  router
    .on("GET", "/volumes", (call) => list(call, summary))
    .on("GET", "/volumes/detail", (call) => list(call, (volume) => volumeView(state, volume, { call, origin })))
    .on("POST", "/volumes", (call) => {
      const volume = createVolume(state, call.caller, newVolumeOf(state, call, findImage));
      // Extensions add nothing to this answer.
      const { "os-vol-tenant-attr:tenant_id": _project, ...view } = volumeView(state, volume, { call, origin });
      return accepted({ volume: { ...view, updated_at: null } });
    })
    .on("GET", "/volumes/:id", (call, { id = "" }) =>
      ok({ volume: volumeView(state, state.requireVolume(id, call.caller), { call, origin }) }),
    )
    .on("PUT", "/volumes/:id", (call, { id = "" }) => {
      const volume = state.requireVolume(id, call.caller);
      const change = objectAt(call.body, "volume");
      volume.name = optionalTextAt(change, "name") ?? optionalTextAt(change, "display_name") ?? volume.name;
      volume.description = optionalTextAt(change, "description") ?? volume.description;
      if (change.metadata !== undefined) volume.metadata = metadataOf(change.metadata);
      volume.updatedAt = state.environment.now();
      // Extensions add nothing to this answer.
      const { "os-vol-tenant-attr:tenant_id": _project, ...view } = volumeView(state, volume, { call, origin });
      return ok({ volume: view });
    })
    .on("DELETE", "/volumes/:id", (call, { id = "" }) => {
      deleteVolume(state, state.requireVolume(id, call.caller));
      return ACCEPTED_WITHOUT_BODY;
    });
  routeMetadata(router, state);
}

function routeMetadata(router: Router<Call>, state: VolumeState): void {
  router
    .on("GET", "/volumes/:id/metadata", (call, { id = "" }) =>
      ok({ metadata: state.requireVolume(id, call.caller).metadata }),
    )
    .on("PUT", "/volumes/:id/metadata", (call, { id = "" }) => {
      const volume = state.requireVolume(id, call.caller);
      volume.metadata = metadataOf(objectAt(call.body, "metadata"));
      return ok({ metadata: volume.metadata });
    })
    .on("POST", "/volumes/:id/metadata", (call, { id = "" }) => {
      const volume = state.requireVolume(id, call.caller);
      volume.metadata = { ...volume.metadata, ...metadataOf(objectAt(call.body, "metadata")) };
      return ok({ metadata: volume.metadata });
    })
    .on("DELETE", "/volumes/:id/metadata/:key", (call, { id = "", key = "" }) => {
      const volume = state.requireVolume(id, call.caller);
      if (!(key in volume.metadata)) throw notFound(`Volume ${id} has no metadata with key ${key}.`);
      const { [key]: _gone, ...rest } = volume.metadata;
      volume.metadata = rest;
      return ok(undefined);
    });
}

function visibleVolumes(state: VolumeState, call: Call): readonly VolumeRecord[] {
  const { query, caller } = call;
  if (query.has("project_id") && !caller.isAdmin)
    throw badRequest("Invalid filters project_id are found in query options.");
  const sees = caller.isAdmin && isTrue(query.get("all_tenants"));
  const project = sees ? query.get("project_id") : (caller.projectId ?? "");
  return [...state.volumes.values()]
    .reverse()
    .filter(
      (volume) =>
        (project === null || volume.projectId === project) &&
        (query.get("name") ?? volume.name) === volume.name &&
        (query.get("status") ?? volume.status) === volume.status &&
        (query.get("group_id") ?? volume.groupId) === volume.groupId &&
        (!query.has("bootable") || isTrue(query.get("bootable")) === volume.isBootable),
    );
}

function newVolumeOf(state: VolumeState, call: Call, findImage: FindImage): NewVolume {
  const asked = objectAt(call.body, "volume");
  projectOf(call);
  const sourceId = optionalTextAt(asked, "source_volid");
  const source = sourceId === undefined ? undefined : state.requireVolume(sourceId, call.caller);
  const imageId = optionalTextAt(asked, "imageRef");
  const image = imageId === undefined ? undefined : findImage(imageId);
  if (imageId !== undefined && !image)
    throw badRequest(`Invalid image identifier or unable to access requested image.`);
  const sizeGiB = asked.size === undefined || asked.size === null ? source?.sizeGiB : Number(asked.size);
  if (sizeGiB === 0)
    throw badRequest("Invalid input for field/attribute size. Value: 0. 0 is less than the minimum of 1");
  if (sizeGiB === undefined || !Number.isInteger(sizeGiB) || sizeGiB <= 0) {
    throw badRequest(
      `Invalid input received: Volume size '${String(asked.size)}' must be an integer and greater than 0`,
    );
  }
  const typeName =
    optionalTextAt(asked, "volume_type") ?? source?.typeId ?? [...state.types.keys()][0] ?? "__DEFAULT__";
  const groupId = optionalTextAt(asked, "group_id");
  return {
    name: optionalTextAt(asked, "name") ?? "",
    description: optionalTextAt(asked, "description") ?? null,
    sizeGiB,
    type: state.requireType(typeName),
    metadata: metadataOf(asked.metadata),
    imageMetadata: image
      ? { image_id: image.id, image_name: image.name, signature_verified: "False" }
      : { ...source?.imageMetadata },
    isBootable: image !== undefined || source?.isBootable === true,
    isMultiattach: asked.multiattach === true,
    availabilityZone: optionalTextAt(asked, "availability_zone") ?? "nova",
    ...(source && { source }),
    ...(groupId !== undefined && { groupId }),
  };
}
