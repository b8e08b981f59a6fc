import { ProtectorError } from "@protector/contract";
import { writeTime } from "../../db/codecs.ts";
import { findSite } from "../../db/repositories/sites.ts";
import {
  deleteTenantMapping,
  findTenantMapping,
  insertTenantMapping,
  listTenantMappings,
} from "../../db/repositories/tenant-mappings.ts";
import { inTransaction } from "../../db/transaction.ts";
import { audit } from "../audit.ts";
import { type Handlers, listOf } from "../handler.ts";
import { pageOf } from "../listing/links.ts";
import type { ApiPorts } from "../ports.ts";
import { tenantMappingView } from "../views/site.ts";

type Names = "tenant_mappings.index" | "tenant_mappings.create" | "tenant_mappings.delete";

export function tenantMappingHandlers(ports: ApiPorts): Handlers<Names> {
  const { database, clock, random } = ports;
  return {
    "tenant_mappings.index": async (call) => {
      const { items, next, links, header } = await pageOf(
        { ...call, list: listOf(call) },
        (request) => listTenantMappings(database.db, request),
        tenantMappingView,
      );
      return {
        body: { tenant_mappings: items, ...(next.length > 0 ? { tenant_mappings_links: next } : {}), links },
        link: header,
      };
    },
    "tenant_mappings.create": async (call) => {
      const row = { ...call.body.tenant_mapping, id: random.uuid(), created_at: writeTime(clock.now()) };
      await inTransaction(database.db, async (transaction) => {
        const site = await findSite(transaction, row.site_id);
        if (!site || site.is_local === 1) {
          throw new ProtectorError("site.not_found", `There is no peer site ${row.site_id}.`);
        }
        await insertTenantMapping(transaction, row);
        const event = { action: "tenant_mappings.create", targetType: "tenant_mapping", targetId: row.id };
        await audit(ports, transaction, { call, ...event, detail: call.body.tenant_mapping });
      });
      const location = `/v1/admin/tenant-mappings/${row.id}`;
      return { body: { tenant_mapping: tenantMappingView(row) }, location };
    },
    "tenant_mappings.delete": async (call) => {
      await inTransaction(database.db, async (transaction) => {
        const row = await findTenantMapping(transaction, call.path.id);
        if (!row) throw new ProtectorError("tenant_mapping.not_found", `There is no tenant mapping ${call.path.id}.`);
        const used = await transaction
          .selectFrom("protection_groups")
          .select("name")
          .where("project_id", "=", row.local_project_id)
          .where("peer_site_id", "=", row.site_id)
          .limit(1)
          .executeTakeFirst();
        if (used) throw new ProtectorError("site.in_use", `Protection group "${used.name}" uses the tenant mapping.`);
        await deleteTenantMapping(transaction, row.id);
        const event = { action: "tenant_mappings.delete", targetType: "tenant_mapping", targetId: row.id };
        await audit(ports, transaction, { call, ...event, detail: tenantMappingView(row) });
      });
      return { body: undefined };
    },
  };
}
