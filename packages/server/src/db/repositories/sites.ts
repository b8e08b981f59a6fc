import { ProtectorError } from "@protector/contract";
import type { Insertable, Selectable, Updateable } from "kysely";
import { isDuplicate, isForeignKeyViolation } from "../constraint.ts";
import { type ListRequest, list } from "../list.ts";
import type { SitesTable } from "../schema.ts";
import type { Db } from "../transaction.ts";

export type SiteRow = Selectable<SitesTable>;

/** Registered sites, this one included. */
export function listSites(db: Db, request: ListRequest = {}): Promise<SiteRow[]> {
  return list(
    {
      query: db.selectFrom("sites").selectAll("sites"),
      table: "sites",
      defaultSort: [{ column: "created_at", direction: "asc" }],
    },
    request,
  );
}

export function findSite(db: Db, id: string): Promise<SiteRow | undefined> {
  return db.selectFrom("sites").selectAll().where("id", "=", id).executeTakeFirst();
}

/** This site's own row; undefined before `db sync`. */
export function findLocalSite(db: Db): Promise<SiteRow | undefined> {
  return db.selectFrom("sites").selectAll().where("is_local", "=", 1).executeTakeFirst();
}

/** The registered sites that are not this one. */
export function listPeerSites(db: Db): Promise<SiteRow[]> {
  return db.selectFrom("sites").selectAll().where("is_local", "=", 0).orderBy("created_at").orderBy("id").execute();
}

/** @throws ProtectorError `site.exists` when the id or the name is registered. */
export async function insertSite(db: Db, row: Insertable<SitesTable>): Promise<void> {
  await refuseTakenName(row.name, () => db.insertInto("sites").values(row).execute(), row.id);
}

/**
 * @returns whether there is such a site.
 * @throws ProtectorError `site.exists` when another site has the new name.
 */
export async function updateSite(db: Db, id: string, changes: Updateable<SitesTable>): Promise<boolean> {
  const result = await refuseTakenName(changes.name ?? "", () =>
    db.updateTable("sites").set(changes).where("id", "=", id).executeTakeFirst(),
  );
  return result.numUpdatedRows > 0n;
}

/**
 * @returns whether there was such a site.
 * @throws ProtectorError `site.in_use` while groups or tenant mappings use it.
 */
export async function deleteSite(db: Db, { id, name }: Pick<SiteRow, "id" | "name">): Promise<boolean> {
  try {
    const result = await db.deleteFrom("sites").where("id", "=", id).executeTakeFirst();
    return result.numDeletedRows > 0n;
  } catch (error) {
    if (!isForeignKeyViolation(error)) throw error;
    throw new ProtectorError("site.in_use", `Site "${name}" (${id}) is used by protection groups or tenant mappings.`, {
      cause: error,
    });
  }
}

async function refuseTakenName<T>(name: string, write: () => Promise<T>, id?: string): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (isDuplicate(error, "uq_sites_name", "name"))
      throw new ProtectorError("site.exists", `A site named "${name}" is registered already.`, { cause: error });
    if (isDuplicate(error, "PRIMARY", "id"))
      throw new ProtectorError("site.exists", `Site ${id} is registered already.`, { cause: error });
    throw error;
  }
}
