import type { Router } from "../../http/router.ts";
import { conflict, notFound } from "../core/api-error.ts";
import { accepted, type Call, ok, requireAdmin } from "../core/call.ts";
import { metadataOf, objectAt, textAt } from "../core/json.ts";
import type { GroupTypeRecord, VolumeTypeRecord } from "./records.ts";
import type { VolumeState } from "./volume-state.ts";

/** Extra specs that members may see (`user_visible_extra_specs`). */
const VISIBLE_TO_MEMBERS = ["RESKEY:availability_zones", "multiattach", "replication_enabled"];

/** `/types` and `/group_types`. */
export function routeTypes(router: Router<Call>, state: VolumeState): void {
  router
    .on("GET", "/types", (call) => {
      const seen = [...state.types.values()].filter((type) => type.isPublic || call.caller.isAdmin);
      return ok({ volume_types: seen.map((type) => typeView(type, call)) });
    })
    .on("POST", "/types", (call) => {
      requireAdmin(call, "volume_extension:type_create");
      const asked = objectAt(call.body, "volume_type");
      return ok({
        volume_type: typeView(state.createType(textAt(asked, "name"), metadataOf(asked.extra_specs)), call),
      });
    })
    .on("GET", "/types/:id", (call, { id = "" }) => {
      const type = state.types.get(id);
      if (!type) throw notFound(`Volume type ${id} could not be found.`);
      return ok({ volume_type: typeView(type, call) });
    })
    .on("GET", "/types/:id/extra_specs", (call, { id = "" }) => {
      const type = state.types.get(id);
      if (!type) throw notFound(`Volume type ${id} could not be found.`);
      return ok({ extra_specs: typeView(type, call).extra_specs });
    })
    .on("POST", "/types/:id/extra_specs", (call, { id = "" }) => {
      requireAdmin(call, "volume_extension:types_extra_specs:create");
      const type = state.types.get(id);
      if (!type) throw notFound(`Volume type ${id} could not be found.`);
      const added = metadataOf(objectAt(call.body, "extra_specs"));
      type.extraSpecs = { ...type.extraSpecs, ...added };
      return ok({ extra_specs: added });
    })
    .on("DELETE", "/types/:id/extra_specs/:key", (call, { id = "", key = "" }) => {
      requireAdmin(call, "volume_extension:types_extra_specs:delete");
      const type = state.types.get(id);
      if (!type || !(key in type.extraSpecs)) throw notFound(`Volume Type ${id} has no extra specs with key ${key}.`);
      const { [key]: _gone, ...rest } = type.extraSpecs;
      type.extraSpecs = rest;
      return accepted();
    })
    .on("DELETE", "/types/:id", (call, { id = "" }) => {
      requireAdmin(call, "volume_extension:type_delete");
      if (!state.types.delete(id)) throw notFound(`Volume type ${id} could not be found.`);
      return accepted();
    });
  routeGroupTypes(router, state);
}

function routeGroupTypes(router: Router<Call>, state: VolumeState): void {
  const require = (call: Call, id: string): GroupTypeRecord => {
    const type = call.version >= 11 ? state.groupTypes.get(id) : undefined;
    if (!type) throw notFound(`Group type ${id} could not be found.`);
    return type;
  };
  router
    .on("GET", "/group_types", (call) => {
      if (call.version < 11) throw notFound("The resource could not be found.");
      return ok({ group_types: [...state.groupTypes.values()].map((type) => groupTypeView(type, call)) });
    })
    .on("POST", "/group_types", (call) => {
      requireAdmin(call, "group:group_types:create");
      const asked = objectAt(call.body, "group_type");
      const name = textAt(asked, "name");
      if (state.groupTypes.values().some((type) => type.name === name))
        throw conflict(`Group Type ${name} already exists.`);
      const type = state.createGroupType(textAt(asked, "name"), metadataOf(asked.group_specs));
      return accepted({ group_type: groupTypeView(type, call) });
    })
    .on("GET", "/group_types/:id", (call, { id = "" }) => ok({ group_type: groupTypeView(require(call, id), call) }))
    .on("DELETE", "/group_types/:id", (call, { id = "" }) => {
      requireAdmin(call, "group:group_types:delete");
      state.groupTypes.delete(require(call, id).id);
      return accepted();
    })
    .on("POST", "/group_types/:id/group_specs", (call, { id = "" }) => {
      requireAdmin(call, "group:group_types_specs");
      const type = require(call, id);
      type.specs = { ...type.specs, ...metadataOf(objectAt(call.body, "group_specs")) };
      return accepted({ group_specs: type.specs });
    })
    .on("GET", "/group_types/:id/group_specs", (call, { id = "" }) => {
      requireAdmin(call, "group:group_types_specs");
      return ok({ group_specs: require(call, id).specs });
    });
}

function typeView(type: VolumeTypeRecord, call: Call) {
  const { isAdmin } = call.caller;
  const specs = Object.entries(type.extraSpecs).filter(([key]) => isAdmin || VISIBLE_TO_MEMBERS.includes(key));
  return {
    id: type.id,
    name: type.name,
    description: type.description,
    is_public: type.isPublic,
    "os-volume-type-access:is_public": type.isPublic,
    extra_specs: Object.fromEntries(specs),
    ...(isAdmin && { qos_specs_id: null }),
  };
}

const groupTypeView = (type: GroupTypeRecord, call: Call) => ({
  id: type.id,
  name: type.name,
  description: type.description,
  is_public: true,
  ...(call.caller.isAdmin && { group_specs: type.specs }),
});
