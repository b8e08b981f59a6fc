import { afterEach, expect, test } from "vitest";
import { readOptionalJson } from "../../packages/server/src/db/codecs.ts";
import { type WritingGroup, writingGroup } from "./failover-run.ts";
import { groupRow } from "./homeward-run.ts";
import { operationRow } from "./test-run.ts";
import { letBothSitesRest, lose, REASON, running, sourceServers } from "./unplanned-run.ts";

let writing: WritingGroup;
afterEach(() => writing.sites.stop());

const WINDOW_S = 3600;

/** Starts a failover with a commit window and lets it come to that; answers the operation's id. */
async function openWindow(how: "planned" | "unplanned", more: Record<string, unknown> = {}): Promise<string> {
  const { sites, group } = writing;
  const parameters = {
    commit_window: WINDOW_S,
    ...(how === "unplanned" ? { as: "unplanned", reason: REASON } : {}),
    ...more,
  };
  const id = await sites.order(sites.b, group.id, { type: "failover", mode: how, parameters });
  await settle(id, 600_000);
  const row = await operationRow(writing, id);
  expect(row).toMatchObject({ status: "waiting", phase: "commit", is_past_no_return: 0 });
  expect(row.status_reason).toContain("Commit or roll it back; at 2026-");
  expect(running(writing, "site-b")).toBe(group.servers.length);
  return id;
}

function settle(id: string, limitMs: number): Promise<string> {
  const { sites } = writing;
  return sites.settle(sites.b, id, sites.engine(sites.b), limitMs);
}

/** Both markers, by what stands in their names behind the group. */
function markers() {
  const { arrays } = writing.sites.world.describe();
  const names = arrays
    .flatMap(({ volumes }) => volumes.filter(({ isDestroyed }) => !isDestroyed))
    .map(({ name }) => name);
  return names
    .filter((name) => /^protector-[0-9a-f]{12}-e\d+-/.test(name))
    .map((name) => name.replace(/^.*-e\d+-/, ""));
}

test("committed, the source is parked and the group given back; not before", async () => {
  writing = await writingGroup(1);
  const { sites } = writing;
  const id = await openWindow("planned");
  expect(sourceServers(writing).map(({ status }) => status)).toContain("SHUTOFF");
  await sites.ask(sites.b, id, { verb: "commit" });
  expect(await settle(id, 600_000)).toBe("completed");
  expect(sourceServers(writing).map(({ status }) => status)).toContain("SHELVED_OFFLOADED");
  expect([await groupRow(writing, "b"), markers()]).toMatchObject([{ status: "failed_over" }, ["idle", "idle"]]);
});

test("rolled back, by a person or at its end, the servers run at the source again with everything they had written there", async () => {
  for (const by of ["person", "window"] as const) {
    writing = await writingGroup(1);
    const { sites, group } = writing;
    const id = await openWindow("planned", by === "window" ? { at_window_end: "rollback" } : {});
    const [server] = group.servers;
    const disk = server?.volumes[0]?.providerId ?? "";
    const { model } = sites.world.array("array-a");
    const written = model.writesOfVolume(disk).length;
    if (by === "person") await sites.ask(sites.b, id, { verb: "rollback" });
    expect({ by, status: await settle(id, 7_200_000) }).toEqual({ by, status: "rolled_back" });
    expect([running(writing, "site-a"), running(writing, "site-b")]).toEqual([3, 0]);
    expect(sourceServers(writing).every(({ lockedBy }) => lockedBy === null)).toBe(true);
    expect(model.writesOfVolume(disk).length).toBeGreaterThanOrEqual(written);
    expect(sites.world.cloud("site-b").describe()).toMatchObject({ servers: [], volumes: [], ports: [] });
    expect([await groupRow(writing, "b"), markers()]).toMatchObject([
      { status: "active", primary_site_id: sites.a.id, current_operation_id: null },
      ["idle", "idle"],
    ]);
    expect(sites.world.problems).toEqual([]);
    sites.stop();
  }
});

test("the commit is the point of no return: a server that is not built can still be taken back, the others with it", async () => {
  writing = await writingGroup();
  const { sites, group } = writing;
  sites.world.conditions.inject({
    service: "site-b/nova",
    method: "POST",
    path: /\/servers$/,
    when: ({ body }) => body.includes("web-01"),
    fault: { kind: "refuse", status: 400, body: { badRequest: { message: "struck" } } },
  });
  const parameters = { commit_window: WINDOW_S };
  await sites.a.connection.db.updateTable("pg_members").set({ is_critical: 1 }).execute();
  await sites.b.connection.db.updateTable("pg_members").set({ is_critical: 1 }).execute();
  const id = await sites.order(sites.b, group.id, { type: "failover", mode: "planned", parameters });
  expect(await settle(id, 600_000)).toBe("failed");
  const row = await operationRow(writing, id);
  expect([row.is_past_no_return, running(writing, "site-b")]).toEqual([0, 2]);
  const { steps } = readOptionalJson(row.plan) ?? { steps: [] };
  expect(steps.filter((step) => step.is_point_of_no_return).map(({ title }) => title)).toEqual(["Committed"]);
  await sites.ask(sites.b, id, { verb: "rollback" });
  expect(await settle(id, 600_000)).toBe("rolled_back");
  expect([running(writing, "site-a"), running(writing, "site-b")]).toEqual([3, 0]);
  expect(sites.world.problems).toEqual([]);
});

test("given up in its window, its servers run on: they have written", async () => {
  writing = await writingGroup(1);
  const { sites } = writing;
  const id = await openWindow("planned");
  await sites.ask(sites.b, id, { verb: "abandon", reason: "nobody knows any more" });
  expect(await settle(id, 600_000)).toBe("cancelled");
  await letBothSitesRest(writing);
  expect(running(writing, "site-b")).toBe(1);
  expect(await groupRow(writing, "b")).toMatchObject({ status: "failed_over", primary_site_id: sites.b.id });
});

test("nobody says anything: it commits by itself", async () => {
  writing = await writingGroup(1);
  const id = await openWindow("planned");
  expect(await settle(id, 7_200_000)).toBe("completed");
  expect((await operationRow(writing, id)).finished_at).not.toBeNull();
});

test("without the source it is taken back as well: what the source owes is done when it answers", async () => {
  writing = await writingGroup(1);
  const { sites } = writing;
  const bringBack = lose(writing, sites.a, "black hole");
  const id = await openWindow("unplanned");
  await sites.ask(sites.b, id, { verb: "rollback" });
  expect(await settle(id, 7_200_000)).toBe("rolled_back");
  expect(running(writing, "site-b")).toBe(0);
  bringBack();
  await letBothSitesRest(writing);
  expect(running(writing, "site-a")).toBe(3);
  expect(await groupRow(writing, "b")).toMatchObject({ status: "active", current_operation_id: null });
});

test("an engine that dies in the window is followed by another, which keeps to its end", async () => {
  writing = await writingGroup(1);
  const { sites } = writing;
  const id = await openWindow("planned", { at_window_end: "rollback" });
  const second = sites.engine(sites.b, { host: "site-b-engine-2" });
  expect(await sites.settle(sites.b, id, second, 7_200_000)).toBe("rolled_back");
});
