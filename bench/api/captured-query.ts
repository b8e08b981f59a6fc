import type { CompiledQuery, KyselyPlugin } from "kysely";
import type { DatabaseConnection } from "../../packages/server/src/db/index.ts";

/** A query as the database gets it. */
export interface CapturedQuery {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** Runs `work`, which makes one query, and answers that query. */
export async function sqlOf(
  { db }: DatabaseConnection,
  work: (db: DatabaseConnection["db"]) => Promise<unknown>,
): Promise<CapturedQuery> {
  let captured: CompiledQuery | undefined;
  const plugin: KyselyPlugin = {
    transformQuery: ({ node, queryId }) => {
      captured = db.getExecutor().compileQuery(node, queryId);
      return node;
    },
    transformResult: async ({ result }) => result,
  };
  await work(db.withPlugin(plugin));
  if (!captured) throw new Error("no query was made");
  return { sql: captured.sql, parameters: captured.parameters };
}
