import { type Selectable, sql } from "kysely";
import type { DatabaseConnection } from "../connection.ts";
import type { EngineServicesTable, Flag } from "../schema.ts";

export type EngineServiceRow = Selectable<EngineServicesTable> & { readonly is_alive: Flag };

/** Engines of this site; alive are those seen within `aliveMs` on the database's clock. */
export function listEngineServices(connection: DatabaseConnection, aliveMs: number): Promise<EngineServiceRow[]> {
  return connection.db
    .selectFrom("engine_services")
    .selectAll()
    .select(sql<Flag>`case when seen_at >= ${connection.fromNow(-aliveMs)} then 1 else 0 end`.as("is_alive"))
    .orderBy("host")
    .orderBy("process")
    .execute();
}

/** Says that an engine is there now. */
export async function reportEngineService(
  connection: DatabaseConnection,
  { host, process, messaging }: Omit<Selectable<EngineServicesTable>, "seen_at">,
): Promise<void> {
  const seen = { messaging, seen_at: connection.now() };
  const updated = await connection.db
    .updateTable("engine_services")
    .set(seen)
    .where("host", "=", host)
    .where("process", "=", process)
    .executeTakeFirst();
  if (updated.numUpdatedRows === 0n)
    await connection.db
      .insertInto("engine_services")
      .values({ host, process, ...seen })
      .execute();
}

/** Forgets engines that were not seen for `ms` on the database's clock. */
export async function forgetEngineServices(connection: DatabaseConnection, ms: number): Promise<bigint> {
  const result = await connection.db
    .deleteFrom("engine_services")
    .where("seen_at", "<", connection.fromNow(-ms))
    .executeTakeFirst();
  return result.numDeletedRows;
}
