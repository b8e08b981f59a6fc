import { finishOperation } from "../../packages/server/src/api/testing.ts";
import type { Harness } from "../two-sites/harness.ts";

/** Servers that nobody looks at. */
export const SERVERS = ["11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"] as const;

/** Id of the group that a harness begins with. */
export async function shopOf({ sites: { a } }: Harness): Promise<string> {
  return (await a.database.db.selectFrom("protection_groups").select("id").executeTakeFirstOrThrow()).id;
}

/** Members whose capture nobody does: rows are enough for rules of the group. */
export async function withMembers(harness: Harness, ...serverIds: readonly string[]): Promise<void> {
  const id = await shopOf(harness);
  for (const server of serverIds) {
    await harness.run(`member add shop ${server} --no-wait`);
    await finishOperation(harness.sites.a, id);
    await harness.run("pg sync-force shop");
  }
}
