import type { Router } from "../../http/router.ts";
import { notFound } from "../core/api-error.ts";
import { type Call, created, noContent, ok } from "../core/call.ts";
import { objectAt, optionalTextAt, textAt } from "../core/json.ts";
import { requireAdmin } from "./identity-policy.ts";
import type { IdentityState } from "./identity-state.ts";
import type { EndpointRecord } from "./records.ts";

const LINKS = { next: null, previous: null };

/** `/v3/services`, `/v3/endpoints`, `/v3/regions`: what administrators register. */
export function routeCatalog(router: Router<Call>, state: IdentityState): void {
  router
    .on("GET", "/v3/services", (call) => {
      requireAdmin(call, "list_services");
      const found = [...state.services.values()].filter(
        ({ type, name }) => (call.query.get("type") ?? type) === type && (call.query.get("name") ?? name) === name,
      );
      return ok({
        services: found.map(({ isEnabled, ...service }) => ({ ...service, enabled: isEnabled })),
        links: LINKS,
      });
    })
    .on("POST", "/v3/services", (call) => {
      requireAdmin(call, "create_service");
      const asked = objectAt(call.body, "service");
      const type = textAt(asked, "type");
      const { isEnabled, ...service } = state.createService(
        type,
        optionalTextAt(asked, "name") ?? type,
        optionalTextAt(asked, "description"),
      );
      return created({ service: { ...service, enabled: isEnabled } });
    })
    .on("DELETE", "/v3/services/:id", (call, { id = "" }) => {
      requireAdmin(call, "delete_service");
      if (!state.services.delete(id)) throw notFound(`Could not find service: ${id}.`);
      for (const endpoint of state.endpoints.values())
        if (endpoint.serviceId === id) state.endpoints.delete(endpoint.id);
      return noContent;
    })
    .on("GET", "/v3/endpoints", (call) => {
      requireAdmin(call, "list_endpoints");
      const found = [...state.endpoints.values()].filter(
        (endpoint) =>
          (call.query.get("service_id") ?? endpoint.serviceId) === endpoint.serviceId &&
          (call.query.get("interface") ?? endpoint.interface) === endpoint.interface &&
          (call.query.get("region_id") ?? endpoint.region) === endpoint.region,
      );
      return ok({ endpoints: found.map(endpointView), links: LINKS });
    })
    .on("POST", "/v3/endpoints", (call) => {
      requireAdmin(call, "create_endpoint");
      const asked = objectAt(call.body, "endpoint");
      const serviceId = textAt(asked, "service_id");
      if (!state.services.has(serviceId)) throw notFound(`Could not find service: ${serviceId}.`);
      const region = optionalTextAt(asked, "region_id") ?? optionalTextAt(asked, "region") ?? "RegionOne";
      const place = { region, url: textAt(asked, "url") };
      return created({ endpoint: endpointView(state.createEndpoint(serviceId, textAt(asked, "interface"), place)) });
    })
    .on("DELETE", "/v3/endpoints/:id", (call, { id = "" }) => {
      requireAdmin(call, "delete_endpoint");
      if (!state.endpoints.delete(id)) throw notFound(`Could not find endpoint: ${id}.`);
      return noContent;
    })
    .on("GET", "/v3/regions", () =>
      ok({ regions: [...state.regions].map((id) => ({ id, description: "", parent_region_id: null })), links: LINKS }),
    );
}

const endpointView = (endpoint: EndpointRecord) => ({
  id: endpoint.id,
  service_id: endpoint.serviceId,
  interface: endpoint.interface,
  region: endpoint.region,
  region_id: endpoint.region,
  url: endpoint.url,
  enabled: true,
});
