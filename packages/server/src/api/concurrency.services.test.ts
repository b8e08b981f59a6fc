import { systemClock } from "@protector/ports";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FreshDatabase, freshMariadb, freshSqlite } from "../../../../test/services/fresh-database.ts";
import { activeGroup, carry, finishOperation, send, type TestSites, twoSites } from "./testing.ts";

const SERVERS = ["1", "2", "3", "4", "5"].map((n) => `${n.repeat(8)}-1111-4111-8111-111111111111`);

describe.each([
  ["SQLite", async () => freshSqlite()],
  ["MariaDB", freshMariadb],
])("requests at the same time on %s", (_, open) => {
  const opened: FreshDatabase[] = [];
  let sites: TestSites;

  beforeAll(async () => {
    sites = await twoSites(async () => {
      const fresh = await open();
      opened.push(fresh);
      return fresh.connection;
    }, systemClock.now());
  });
  afterAll(async () => {
    for (const fresh of opened) await fresh.drop();
  });

  const outcomes = async (
    requests: readonly Promise<{ readonly status: number; readonly errors: readonly { code: string }[] }>[],
  ) => (await Promise.all(requests)).map(({ status, errors }) => errors[0]?.code ?? status).sort();

  it("start one operation on a group; the others are told that it is busy", async () => {
    const { a } = sites;
    const id = await activeGroup(sites, "adding");
    const path = { project_id: a.projectId, id };
    const requests = SERVERS.map((server_id) => send(a, "members.create", { path, body: { member: { server_id } } }));
    expect(await outcomes(requests)).toEqual([202, ...Array(4).fill("protector.protection_group.busy")]);
    expect((await send(a, "members.index", { path })).body.members).toHaveLength(1);
    await finishOperation(a, id);
  });

  it("make one change of a generation; the others are told that it has moved on", async () => {
    const { a, b } = sites;
    const id = await activeGroup(sites, "changing");
    const path = { project_id: a.projectId, id };
    const requests = SERVERS.map((description) =>
      send(a, "protection_groups.update", { path, body: { protection_group: { description } } }),
    );
    const [first, ...others] = await outcomes(requests);
    expect(first).toBe(200);
    expect(others.every((code) => /out_of_sync|generation\.conflict/.test(`${code}`))).toBe(true);
    await carry(id, a, b);
    const there = await send(b, "protection_groups.show", { path: { project_id: b.projectId, id } });
    expect(there.body.protection_group.generation).toBe(3);
  });

  it("with one Idempotency-Key make one group and one operation", async () => {
    const { a } = sites;
    const path = { project_id: a.projectId };
    const headers = { "idempotency-key": "the-key" };
    const id = await activeGroup(sites, "keyed");
    const requests = SERVERS.map(() =>
      send(a, "protection_groups.action", { path: { ...path, id }, body: { sync: {} }, headers }),
    );
    expect(await outcomes(requests)).toEqual(Array(5).fill(202));
    const ids = new Set((await Promise.all(requests)).map(({ body }) => body.operation.id));
    expect(ids.size).toBe(1);
  });
});
