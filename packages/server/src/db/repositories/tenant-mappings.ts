import { ProtectorError } from "@protector/contract";
import type { Insertable, Selectable } from "kysely";
import { isDuplicate, isForeignKeyViolation } from "../constraint.ts";
import { type ListRequest, list } from "../list.ts";
import type { TenantMappingsTable } from "../schema.ts";
import type { Db } from "../transaction.ts";

export type TenantMappingRow = Selectable<TenantMappingsTable>;

export function listTenantMappings(db: Db, request: ListRequest = {}): Promise<TenantMappingRow[]> {
  return list(
    { query: db.selectFrom("tenant_mappings").selectAll("tenant_mappings"), table: "tenant_mappings" },
    request,
  );
}

export function findTenantMapping(db: Db, id: string): Promise<TenantMappingRow | undefined> {
  return db.selectFrom("tenant_mappings").selectAll().where("id", "=", id).executeTakeFirst();
}

/** The mapping of a project of this site to a project of site `siteId`. */
export function findMappingOfProject(
  db: Db,
  { siteId, localProjectId }: { readonly siteId: string; readonly localProjectId: string },
): Promise<TenantMappingRow | undefined> {
  return db
    .selectFrom("tenant_mappings")
    .selectAll()
    .where("site_id", "=", siteId)
    .where("local_project_id", "=", localProjectId)
    .executeTakeFirst();
}

/** @throws ProtectorError `tenant_mapping.exists` when either project is mapped, `site.not_found`. */
export async function insertTenantMapping(db: Db, row: Insertable<TenantMappingsTable>): Promise<void> {
  try {
    await db.insertInto("tenant_mappings").values(row).execute();
  } catch (error) {
    if (isForeignKeyViolation(error))
      throw new ProtectorError("site.not_found", `There is no site ${row.site_id}.`, { cause: error });
    for (const [constraint, column, project] of [
      ["uq_tenant_mappings_local", "local_project_id", row.local_project_id],
      ["uq_tenant_mappings_peer", "peer_project_id", row.peer_project_id],
    ] as const)
      if (isDuplicate(error, constraint, column))
        throw new ProtectorError(
          "tenant_mapping.exists",
          `Project ${project} is mapped to another project of site ${row.site_id} already.`,
          {
            cause: error,
          },
        );
    throw error;
  }
}

/** @returns whether there was such a mapping. */
export async function deleteTenantMapping(db: Db, id: string): Promise<boolean> {
  const result = await db.deleteFrom("tenant_mappings").where("id", "=", id).executeTakeFirst();
  return result.numDeletedRows > 0n;
}
