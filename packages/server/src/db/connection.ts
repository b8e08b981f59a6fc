import type { Kysely, RawBuilder } from "kysely";
import type { Database, DbTime } from "./schema.ts";

/** A database of one site. */
export interface DatabaseConnection {
  readonly kind: "mariadb" | "sqlite";
  readonly db: Kysely<Database>;
  /** The database's own clock, as an expression: leases never trust an engine's clock. */
  now(): RawBuilder<DbTime>;
  /** The database's own clock, `ms` from now (negative: ago). */
  fromNow(ms: number): RawBuilder<DbTime>;
  close(): Promise<void>;
}
