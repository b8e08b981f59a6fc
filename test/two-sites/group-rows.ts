import type { Harness } from "./harness.ts";

/** Arrays of a policy, as options. */
export const POLICY =
  "--primary-fa-url https://127.0.1.1 --primary-fa-api-token token-of-array-a --secondary-fa-url https://127.0.2.1 --secondary-fa-api-token token-of-array-b";

/** What each site says of a group by itself, without a client that mends. */
export async function groupRows({ sites }: Harness) {
  const of = async (site: "a" | "b") =>
    (await sites[site].database.db.selectFrom("protection_groups").selectAll().orderBy("id").execute()).map((row) => ({
      id: row.id,
      name: row.name,
      description: row.description,
      generation: row.generation,
      digest: row.digest,
      primary: row.primary_site_id,
      isDeleted: row.deleted_at !== null,
    }));
  return { a: await of("a"), b: await of("b") };
}
