import { type Kysely, sql } from "kysely";
import { beforeAll, expect, it } from "vitest";
import { describeDatabases } from "../../../../test/services/index.ts";
import { writeTime } from "./codecs.ts";
import { parseFilter } from "./filter.ts";
import type { ListRequest } from "./list.ts";
import { listOwedDuties } from "./repositories/duties.ts";
import { listLedger } from "./repositories/ledger.ts";
import { listOperations, OPERATION_PAGE_INDEXES } from "./repositories/operations.ts";
import { GROUP_PAGE_INDEXES, listProtectionGroups } from "./repositories/protection-groups.ts";
import type { Database } from "./schema.ts";
import { groupRow, ledgerRow, memberRow, operationRow, TEST_PROJECT, TEST_SITES, testId } from "./testing/rows.ts";

const COUNT = 4000;
const BATCH = 500;
const LIMIT = 50;
const MARKER = COUNT / 2;
const time = (n: number) => writeTime(1_800_000_000_000 + n * 1000);

describeDatabases("what a query reads", (database) => {
  beforeAll(async () => {
    const { db } = database.connection;
    await db.insertInto("sites").values(TEST_SITES).execute();
    for (let start = 0; start < COUNT; start += BATCH) {
      const numbers = Array.from({ length: BATCH }, (_, index) => start + index);
      const times = (n: number) => ({ created_at: time(n), updated_at: time(n) });
      await db
        .insertInto("protection_groups")
        .values(numbers.map((n) => groupRow(n, times(n))))
        .execute();
      await db
        .insertInto("dr_operations")
        .values(
          numbers.map((n) =>
            operationRow(n, { ...times(n), status: "completed", protection_group_id: testId("grup", n % 400) }),
          ),
        )
        .execute();
      await db
        .insertInto("resource_ledger")
        .values(numbers.map((n) => ledgerRow(n, { operation_id: testId("oper", n % 100), state: "removed" })))
        .execute();
      await db
        .insertInto("pg_members")
        .values(numbers.map((n) => memberRow(n, { protection_group_id: testId("grup", n) })))
        .execute();
    }
  });

  const sorted = (column: string): ListRequest => ({ sort: [{ column, direction: "desc" }] });
  const project = { projectId: TEST_PROJECT };
  const orders: readonly (readonly [string, ListRequest])[] = [
    ["newest first", {}],
    ["by update", sorted("updated_at")],
    ["by status", sorted("status")],
    ["of one status", { filters: [parseFilter("status", "active")] }],
  ];
  const pages = orders.flatMap(([name, request]) => [
    [`first page ${name}`, { ...request, limit: LIMIT }] as const,
    [`page in the middle ${name}`, { ...request, limit: LIMIT, marker: testId("grup", MARKER) }] as const,
  ]);

  it.each([...pages, ["by name", { ...sorted("name"), limit: LIMIT }] as const])(
    "groups of a project, %s: about as many rows as are shown",
    async (_, request) => {
      const work = async (db: Kysely<Database>) =>
        expect(await listProtectionGroups(db, project, request)).not.toEqual([]);
      await expectFewReads(work);
    },
  );

  it.each([
    ["of a project", project, {}],
    ["of all projects", {}, {}],
    ["of a project by type", project, sorted("type")],
    ["of one status", project, { filters: [parseFilter("status", "completed")] }],
  ] as const)("operations %s, a page in the middle: about as many rows as are shown", async (_, scope, request) => {
    const page = { ...request, limit: LIMIT, marker: testId("oper", MARKER) };
    await expectFewReads(async (db) => expect(await listOperations(db, scope, page)).toHaveLength(LIMIT));
  });

  it("operations of a group, what is owed and what is intended are found without reading the rest", async () => {
    await expectFewReads((db) => listOperations(db, { ...project, groupId: testId("grup", 7) }, { limit: LIMIT }));
    await expectFewReads((db) => listLedger(db, { operationId: testId("oper", 7) }));
    await expectFewReads((db) => listLedger(db, { states: ["intended"] }, { limit: LIMIT }));
    await expectFewReads((db) => listOwedDuties(db, { groupId: testId("grup", 7) }));
  });

  it("the sweep for operations to run reads none of the ended ones", async () => {
    await expectFewReads((db) =>
      db
        .selectFrom("dr_operations")
        .select("id")
        .where("status", "in", ["pending", "running", "waiting", "cancelling", "rolling_back"])
        .where((where) => where.or([where("next_look_at", "is", null), where("next_look_at", "<=", time(0))]))
        .execute(),
    );
  });

  it("every index that a page may be told to use is there", async () => {
    if (database.kind !== "mariadb") return;
    const { rows } = await sql<{ name: string }>`
      select distinct index_name as name from information_schema.statistics where table_schema = database()`.execute(
      database.connection.db,
    );
    const names = [...Object.values(GROUP_PAGE_INDEXES), ...Object.values(OPERATION_PAGE_INDEXES)];
    expect(rows.map(({ name }) => name)).toEqual(expect.arrayContaining(names));
  });

  /** On MariaDB its own counters tell; on SQLite the work only has to succeed. */
  async function expectFewReads(work: (db: Kysely<Database>) => Promise<unknown>): Promise<void> {
    await database.connection.db.connection().execute(async (db) => {
      if (database.kind !== "mariadb") {
        await work(db);
        return;
      }
      const before = await counters(db);
      await work(db);
      const after = await counters(db);
      const used = (name: string) => (after.get(name) ?? 0) - (before.get(name) ?? 0);
      const reads = READS.reduce((sum, name) => sum + used(name), 0);
      // Per group shown: the group, its site, and its members counted.
      expect(reads).toBeLessThan(LIMIT * 8);
      expect(used("SORT_ROWS")).toBeLessThanOrEqual(LIMIT);
      // Asking for the counters reads a table of its own, of some 500 rows.
      expect(used("HANDLER_READ_RND_NEXT")).toBeLessThan(COUNT / 2);
    });
  }
});

const READS = ["HANDLER_READ_KEY", "HANDLER_READ_NEXT", "HANDLER_READ_PREV", "HANDLER_READ_RND"];

async function counters(db: Kysely<Database>): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ name: string; value: string }>`
    select upper(variable_name) as name, variable_value as value from information_schema.session_status
    where variable_name like 'handler_read%' or variable_name = 'sort_rows'`.execute(db);
  return new Map(rows.map(({ name, value }) => [name, Number(value)]));
}
