import type { Router } from "../../http/router.ts";
import { conflict, notFound } from "../core/api-error.ts";
import { type Call, ok, requireAdmin } from "../core/call.ts";
import { metadataOf, objectAt, optionalTextAt, textAt } from "../core/json.ts";
import { pageOf } from "../core/paging.ts";
import type { ComputeState } from "./compute-state.ts";
import type { FlavorRecord } from "./records.ts";

/** `/flavors` and their extra specs. */
export function routeFlavors(router: Router<Call>, state: ComputeState, origin: string): void {
  const require = (id: string): FlavorRecord => {
    const flavor = state.flavors.get(id);
    if (!flavor) throw notFound(`Flavor ${id} could not be found.`);
    return flavor;
  };
  const list = (call: Call, view: (flavor: FlavorRecord) => unknown) => {
    const page = pageOf([...state.flavors.values()], call.query, {
      url: `${origin}/v2.1/flavors/detail`,
      maximum: 1000,
    });
    const links = page.next ? { flavors_links: [{ rel: "next", href: page.next }] } : {};
    return ok({ flavors: page.items.map(view), ...links });
  };
  router
    .on("GET", "/flavors", (call) => list(call, ({ id, name }) => ({ id, name, links: linksOf(origin, id) })))
    .on("GET", "/flavors/detail", (call) => list(call, (flavor) => flavorView(flavor, call, origin)))
    .on("GET", "/flavors/:id", (call, { id = "" }) => ok({ flavor: flavorView(require(id), call, origin) }))
    .on("POST", "/flavors", (call) => {
      requireAdmin(call, "os_compute_api:os-flavor-manage:create");
      const asked = objectAt(call.body, "flavor");
      const id = optionalTextAt(asked, "id") ?? state.environment.uuid();
      if (state.flavors.has(id)) throw conflict(`Flavor with ID ${id} already exists.`);
      const flavor: FlavorRecord = {
        id,
        name: textAt(asked, "name"),
        vcpus: Number(asked.vcpus),
        ramMiB: Number(asked.ram),
        diskGiB: Number(asked.disk ?? 0),
        ephemeralGiB: Number(asked["OS-FLV-EXT-DATA:ephemeral"] ?? 0),
        swapMiB: Number(asked.swap ?? 0),
        isPublic: true,
        extraSpecs: {},
      };
      state.flavors.set(id, flavor);
      return ok({ flavor: flavorView(flavor, call, origin) });
    })
    .on("DELETE", "/flavors/:id", (call, { id = "" }) => {
      requireAdmin(call, "os_compute_api:os-flavor-manage:delete");
      state.flavors.delete(require(id).id);
      return { status: 202 };
    })
    .on("GET", "/flavors/:id/os-extra_specs", (_call, { id = "" }) => ok({ extra_specs: require(id).extraSpecs }))
    .on("POST", "/flavors/:id/os-extra_specs", (call, { id = "" }) => {
      requireAdmin(call, "os_compute_api:os-flavor-extra-specs:create");
      const flavor = require(id);
      flavor.extraSpecs = { ...flavor.extraSpecs, ...metadataOf(objectAt(call.body, "extra_specs")) };
      return ok({ extra_specs: flavor.extraSpecs });
    });
}

const linksOf = (origin: string, id: string) => [
  { rel: "self", href: `${origin}/v2.1/flavors/${id}` },
  { rel: "bookmark", href: `${origin}/flavors/${id}` },
];

const flavorView = (flavor: FlavorRecord, call: Call, origin: string) => ({
  id: flavor.id,
  name: flavor.name,
  vcpus: flavor.vcpus,
  ram: flavor.ramMiB,
  disk: flavor.diskGiB,
  "OS-FLV-EXT-DATA:ephemeral": flavor.ephemeralGiB,
  swap: flavor.swapMiB === 0 && call.version < 75 ? "" : flavor.swapMiB,
  rxtx_factor: 1,
  "os-flavor-access:is_public": flavor.isPublic,
  "OS-FLV-DISABLED:disabled": false,
  links: linksOf(origin, flavor.id),
  ...(call.version >= 55 && { description: null }),
  ...(call.version >= 61 && { extra_specs: flavor.extraSpecs }),
});
