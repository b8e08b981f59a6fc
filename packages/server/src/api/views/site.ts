import type { EngineService, Site, SiteSummary, TenantMapping } from "@protector/contract";
import { isoTime, isoTimeOrNull, readJson } from "../../db/codecs.ts";
import type { EngineServiceRow } from "../../db/repositories/engine-services.ts";
import type { SiteRow } from "../../db/repositories/sites.ts";
import type { TenantMappingRow } from "../../db/repositories/tenant-mappings.ts";

/** A site as administrators see it; the password is never shown. */
export function siteView(row: SiteRow): Site {
  return {
    ...siteSummaryView(row),
    description: row.description,
    username: row.username,
    sealing_public_key: row.sealing_public_key,
    reachability_since: isoTimeOrNull(row.reachability_since),
    validation: readJson(row.validation),
    created_at: isoTime(row.created_at),
    updated_at: isoTime(row.updated_at),
  };
}

/** A site as every client needs it. */
export function siteSummaryView(row: SiteRow): SiteSummary {
  return {
    id: row.id,
    name: row.name,
    is_local: row.is_local === 1,
    auth_url: row.auth_url,
    region: row.region,
    interface: row.interface,
    api_url: row.api_url,
    signing_public_key: row.signing_public_key,
    reachability: row.reachability,
    reachability_reason: row.reachability_reason,
    reachability_at: isoTimeOrNull(row.reachability_at),
  };
}

export function tenantMappingView(row: TenantMappingRow): TenantMapping {
  return {
    id: row.id,
    site_id: row.site_id,
    local_project_id: row.local_project_id,
    peer_project_id: row.peer_project_id,
    created_at: isoTime(row.created_at),
  };
}

export function engineServiceView(row: EngineServiceRow): EngineService {
  return {
    host: row.host,
    binary: row.process,
    is_alive: row.is_alive === 1,
    messaging: row.messaging,
    seen_at: isoTime(row.seen_at),
  };
}
