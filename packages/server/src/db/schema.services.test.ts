import { expect, it } from "vitest";
import { describeDatabases } from "../../../../test/services/index.ts";
import { isoTime, readTime, writeTime } from "./codecs.ts";
import { COLUMNS } from "./testing/columns.ts";
import { siteRow, TEST_SITES } from "./testing/rows.ts";

describeDatabases("the schema", (database) => {
  it.each(Object.entries(COLUMNS))("table %s has the columns of its type", async (table, columns) => {
    const tables = await database.connection.db.introspection.getTables();
    const found = tables.find(({ name }) => name === table)?.columns.map(({ name }) => name);
    // Only the database uses this one, for its unique index.
    const isNamed = table === "protection_groups" || table === "recovery_plans";
    const ofDatabase = isNamed && database.kind === "mariadb" ? ["live_name"] : [];
    expect(found?.sort()).toEqual([...Object.keys(columns), ...ofDatabase].sort());
  });

  it("microseconds and JSON come back as they were written", async () => {
    const { db } = database.connection;
    const reason = JSON.stringify({ text: 'ü🚀 "quoted" \\ back', list: [1, null] });
    const [local] = TEST_SITES;
    await db
      .insertInto("sites")
      .values({ ...siteRow(local), reachability_at: "2026-02-03 04:05:06.789012", validation: reason as never })
      .execute();
    const row = await db.selectFrom("sites").selectAll().executeTakeFirstOrThrow();
    expect(row.reachability_at).toBe("2026-02-03 04:05:06.789012");
    expect(isoTime(row.reachability_at ?? "")).toBe("2026-02-03T04:05:06.789012Z");
    expect(row.validation).toBe(reason);
    expect(row.is_local).toBe(1);
  });

  it("the database's own clock is in UTC and counts in microseconds", async () => {
    const { db, ...connection } = database.connection;
    const row = await db
      .selectNoFrom([
        connection.now().as("now"),
        connection.fromNow(1500).as("later"),
        connection.fromNow(-1500).as("earlier"),
      ])
      .executeTakeFirstOrThrow();
    expect(Math.abs(readTime(row.now) - Date.now())).toBeLessThan(60_000);
    expect(readTime(row.later) - readTime(row.earlier)).toBe(3000);
    expect(row.now).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/);
    expect(writeTime(readTime(row.now)).slice(0, 23)).toBe(row.now.slice(0, 23));
  });
});
