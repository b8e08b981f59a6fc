import Type from "typebox";
import { Strict } from "../resources/common.ts";
import { EngineService } from "../resources/health.ts";
import { CreateTenantMapping, TenantMapping } from "../resources/mappings.ts";
import { CreateSite, Site, SiteSummary, SiteVolumeType, UpdateSite } from "../resources/sites.ts";
import { listOf, route } from "./route.ts";

const SITES = "/v1/admin/sites";
const SITE = `${SITES}/{id}` as const;
const TENANTS = "/v1/admin/tenant-mappings";
const one = Type.Object({ site: Site });
const siteList = {
  collection: "sites",
  filters: ["id", "name", "is_local", "region", "reachability"],
  sortKeys: ["name", "created_at"],
} as const;

/** Sites and what joins them: administrators, except for the summary that every client needs to find the peer. */
export const siteRoutes = {
  "site_summaries.index": route({
    method: "GET",
    path: "/v1/{project_id}/sites",
    summary: "The registered sites, as far as a client needs them to find both",
    rule: "protector:site_summaries:index",
    request: null,
    response: listOf("sites", SiteSummary),
    status: 200,
    list: siteList,
    errors: ["pagination.marker_not_found"],
  }),
  "sites.index": route({
    method: "GET",
    path: SITES,
    summary: "List registered sites",
    rule: "protector:sites:index",
    request: null,
    response: listOf("sites", Site),
    status: 200,
    list: siteList,
    errors: ["pagination.marker_not_found"],
  }),
  "sites.create": route({
    method: "POST",
    path: SITES,
    summary: "Register a site and pin its identity; with this site's own id: say how this site is reached",
    rule: "protector:sites:create",
    request: Strict({ site: CreateSite }),
    response: one,
    status: 201,
    errors: ["site.exists", "sync.untrusted", "secrets.unavailable"],
  }),
  "sites.show": route({
    method: "GET",
    path: SITE,
    summary: "Show a site",
    rule: "protector:sites:show",
    request: null,
    response: one,
    status: 200,
    errors: ["site.not_found"],
  }),
  "sites.update": route({
    method: "PATCH",
    path: SITE,
    summary: "Change how a site is reached",
    rule: "protector:sites:update",
    request: Strict({ site: UpdateSite }),
    response: one,
    status: 200,
    errors: ["site.not_found", "site.exists", "secrets.unavailable"],
  }),
  "sites.delete": route({
    method: "DELETE",
    path: SITE,
    summary: "Forget a peer site that no group and no tenant mapping uses",
    rule: "protector:sites:delete",
    request: null,
    response: null,
    status: 204,
    errors: ["site.not_found", "site.in_use"],
  }),
  "sites.validate": route({
    method: "POST",
    path: `${SITE}/validate`,
    summary: "Ask the engine to use the registered credential; poll `validation`",
    rule: "protector:sites:validate",
    request: null,
    response: one,
    status: 202,
    errors: ["site.not_found"],
  }),
  "sites.volume_types": route({
    method: "GET",
    path: `${SITE}/volume-types`,
    summary: "Volume types of a site, as the last validation found them",
    rule: "protector:sites:show",
    request: null,
    response: Type.Object({ volume_types: Type.Array(SiteVolumeType) }),
    status: 200,
    errors: ["site.not_found"],
  }),
  "tenant_mappings.index": route({
    method: "GET",
    path: TENANTS,
    summary: "List tenant mappings",
    rule: "protector:tenant_mappings:index",
    request: null,
    response: listOf("tenant_mappings", TenantMapping),
    status: 200,
    list: {
      collection: "tenant_mappings",
      filters: ["id", "site_id", "local_project_id", "peer_project_id"],
      sortKeys: ["created_at", "local_project_id"],
    },
    errors: ["pagination.marker_not_found"],
  }),
  "tenant_mappings.create": route({
    method: "POST",
    path: TENANTS,
    summary: "Map a project of this site to one of a peer site",
    rule: "protector:tenant_mappings:create",
    request: Strict({ tenant_mapping: CreateTenantMapping }),
    response: Type.Object({ tenant_mapping: TenantMapping }),
    status: 201,
    errors: ["tenant_mapping.exists", "site.not_found"],
  }),
  "tenant_mappings.delete": route({
    method: "DELETE",
    path: `${TENANTS}/{id}`,
    summary: "Delete a tenant mapping that no group uses",
    rule: "protector:tenant_mappings:delete",
    request: null,
    response: null,
    status: 204,
    errors: ["tenant_mapping.not_found", "site.in_use"],
  }),
  "services.index": route({
    method: "GET",
    path: "/v1/admin/services",
    summary: "Engines of this site and how they are",
    rule: "protector:services:index",
    request: null,
    response: Type.Object({ services: Type.Array(EngineService) }),
    status: 200,
    errors: [],
  }),
} as const;
