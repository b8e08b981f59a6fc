import { beforeAll, expect, it } from "vitest";
import { describeDatabases } from "../../../../test/services/index.ts";
import { writeTime } from "./codecs.ts";
import { parseFilter } from "./filter.ts";
import type { ListRequest } from "./list.ts";
import { insertMember } from "./repositories/members.ts";
import { insertProtectionGroup, listProtectionGroups } from "./repositories/protection-groups.ts";
import { groupRow, memberRow, TEST_PROJECT, TEST_SITES, testId } from "./testing/rows.ts";

const COUNT = 25;
const START = Date.UTC(2026, 0, 1);

describeDatabases("lists", (database) => {
  beforeAll(async () => {
    const { db } = database.connection;
    await db.insertInto("sites").values(TEST_SITES).execute();
    for (let n = 1; n <= COUNT; n++)
      await insertProtectionGroup(
        db,
        groupRow(n, {
          // Five groups share each time, three statuses are mixed over them.
          created_at: writeTime(START + Math.floor(n / 5) * 1000),
          status: (["active", "error", "creating"] as const)[n % 3] ?? "active",
          is_failover_ready: n % 2 === 0 ? 1 : null,
        }),
      );
    await insertProtectionGroup(db, groupRow(90, { project_id: "another" }));
    await insertProtectionGroup(db, groupRow(91, { deleted_at: writeTime(START) }));
    for (const n of [1, 2, 3]) await insertMember(db, memberRow(n));
  });

  const names = async (request: ListRequest) =>
    (await listProtectionGroups(database.connection.db, { projectId: TEST_PROJECT }, request)).map(({ name }) => name);

  it("only living groups of the project are listed, with their members counted and the peer's state", async () => {
    const groups = await listProtectionGroups(database.connection.db, { projectId: TEST_PROJECT });
    expect(groups).toHaveLength(COUNT);
    expect(groups.find(({ id }) => id === testId("grup", 1))).toMatchObject({
      member_count: 3,
      peer_reachability: "reachable",
    });
    expect(groups.find(({ id }) => id === testId("grup", 2))?.member_count).toBe(0);
    expect(groups[0]).not.toHaveProperty("readiness");
  });

  it("without a project the groups of all projects are listed", async () => {
    expect(await listProtectionGroups(database.connection.db, {})).toHaveLength(COUNT + 1);
  });

  const orders: readonly (readonly [string, NonNullable<ListRequest["sort"]>])[] = [
    ["the default order", []],
    ["created_at ascending", [{ column: "created_at", direction: "asc" }]],
    ["name descending", [{ column: "name", direction: "desc" }]],
    [
      "status, then name the other way",
      [
        { column: "status", direction: "asc" },
        { column: "name", direction: "desc" },
      ],
    ],
  ];
  it.each(orders)("pages by %s join to the whole list, nothing twice and nothing missing", async (_, sort) => {
    const whole = await listProtectionGroups(database.connection.db, { projectId: TEST_PROJECT }, { sort });
    const paged: string[] = [];
    for (;;) {
      const marker = paged.at(-1);
      const page = await listProtectionGroups(
        database.connection.db,
        { projectId: TEST_PROJECT },
        { sort, limit: 4, ...(marker === undefined ? {} : { marker }) },
      );
      paged.push(...page.map(({ id }) => id));
      if (page.length < 4) break;
    }
    expect(paged).toEqual(whole.map(({ id }) => id));
    expect(new Set(paged).size).toBe(COUNT);
  });

  it("the default order is newest first, and by id among those of one time", async () => {
    expect(await names({ limit: 7 })).toEqual([25, 24, 23, 22, 21, 20, 19].map((n) => `group-${n}`));
  });

  it("a marker of another project is refused as one that is not there", async () => {
    const request = { marker: testId("grup", 90) };
    await expect(names(request)).rejects.toMatchObject({ code: "pagination.marker_not_found" });
  });

  it.each([
    ["name", "group-7", ["group-7"]],
    ["name", "in:group-7,group-9", ["group-9", "group-7"]],
    ["name", 'in:"group-7",nothing', ["group-7"]],
    ["created_at", "lt:2026-01-01T00:00:01Z", ["group-4", "group-3", "group-2", "group-1"]],
    ["created_at", "gte:2026-01-01T00:00:05Z", ["group-25"]],
    ["created_at", "gt:2026-01-01T00:00:05Z", []],
    ["created_at", "2026-01-01T00:00:05.000000Z", ["group-25"]],
  ])("filter %s=%s", async (column, text, expected) => {
    expect(await names({ filters: [parseFilter(column, text)] })).toEqual(expected);
  });

  it("neq and nin keep the rows that have no value", async () => {
    expect(await names({ filters: [parseFilter("is_failover_ready", "neq:true")] })).toHaveLength(13);
    expect(await names({ filters: [parseFilter("status", "nin:active,error")] })).toHaveLength(8);
  });

  it("filters come before the limit and before the page", async () => {
    const filters = [parseFilter("status", "error")];
    const first = await names({ filters, limit: 3 });
    expect(first).toEqual(["group-25", "group-22", "group-19"]);
    expect(await names({ filters, limit: 2, marker: testId("grup", 19) })).toEqual(["group-16", "group-13"]);
  });
});
