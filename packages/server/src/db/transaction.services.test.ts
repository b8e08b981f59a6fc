import { expect, it } from "vitest";
import { describeDatabases } from "../../../../test/services/index.ts";
import { groupRow, LOCAL_SITE, TEST_SITES, testId } from "./testing/rows.ts";
import { inTransaction } from "./transaction.ts";

const AT_ONCE = 15;
const NOW = "2026-01-01 00:00:00.000000";

describeDatabases("transactions at once", (database) => {
  it("all come through, though each is in the way of all others", async () => {
    const { db } = database.connection;
    await db.insertInto("sites").values(TEST_SITES).execute();
    const numbers = Array.from({ length: AT_ONCE }, (_, n) => n);
    await db
      .insertInto("protection_groups")
      .values(numbers.map((n) => groupRow(n)))
      .execute();
    const pools = numbers.map(() => database.another());
    await Promise.all(
      numbers.map((n) =>
        inTransaction(pools[n]?.db ?? db, async (trx) => {
          const id = testId("side", n);
          // A row that is not there locks the gap that it would be in, and all of these are in one.
          await trx.deleteFrom("consistency_groups").where("id", "=", id).execute();
          await trx
            .insertInto("consistency_groups")
            .values({
              id,
              protection_group_id: testId("grup", n),
              site_id: LOCAL_SITE,
              array_id: "array",
              array_name: "array-a",
              array_group: `group-${n}`,
              cinder_group_id: null,
              created_at: NOW,
              updated_at: NOW,
            })
            .execute();
        }),
      ),
    );
    expect(await db.selectFrom("consistency_groups").select("id").execute()).toHaveLength(AT_ONCE);
  });
});
