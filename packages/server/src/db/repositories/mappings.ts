import type { Insertable, Selectable } from "kysely";
import type { ResourceMappingsTable } from "../schema.ts";
import type { Db } from "../transaction.ts";

export type ResourceMappingRow = Selectable<ResourceMappingsTable>;

/** Whose mappings: a group's own, or (`groupId` null) the project's defaults. */
export interface MappingScope {
  readonly projectId: string;
  readonly groupId: string | null;
}

/** Rows of one insert: keeps a statement far below the databases' limits on parameters. */
const BATCH = 500;

export function listMappings(db: Db, { projectId, groupId }: MappingScope): Promise<ResourceMappingRow[]> {
  return db
    .selectFrom("resource_mappings")
    .selectAll()
    .where("project_id", "=", projectId)
    .where("protection_group_id", groupId === null ? "is" : "=", groupId)
    .orderBy("kind")
    .orderBy("source_id")
    .execute();
}

/** Puts `rows` in the place of all mappings of the scope. Call it in a transaction. */
export async function replaceMappings(
  db: Db,
  { projectId, groupId }: MappingScope,
  rows: readonly Omit<Insertable<ResourceMappingsTable>, "project_id" | "protection_group_id">[],
): Promise<void> {
  await db
    .deleteFrom("resource_mappings")
    .where("project_id", "=", projectId)
    .where("protection_group_id", groupId === null ? "is" : "=", groupId)
    .execute();
  const complete = rows.map((row) => ({ ...row, project_id: projectId, protection_group_id: groupId }));
  for (let start = 0; start < complete.length; start += BATCH)
    await db
      .insertInto("resource_mappings")
      .values(complete.slice(start, start + BATCH))
      .execute();
}
