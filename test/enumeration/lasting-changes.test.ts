import { describe, expect, test } from "vitest";
import { type CalmRun, describePoint, runCalm } from "../world/calm-run.ts";
import { awayGroup } from "../world/failback-run.ts";
import { type WritingGroup, writingGroup } from "../world/failover-run.ts";
import { cutOffAt, type Task } from "../world/interrupted-run.ts";
import { struckPoints } from "../world/struck-points.ts";
import { endWorld } from "../world/test-run.ts";
import type { TestSite } from "../world/test-site.ts";
import { groupWithSpareSite, orderReplacement, thirdSite } from "../world/third-site.ts";
import { letBothSitesRest, lose, running } from "../world/unplanned-run.ts";

/** Something that is settled for good, by one site's engine. */
interface Change {
  readonly name: string;
  readonly site: "a" | "b";
  readonly open: () => Promise<WritingGroup>;
  readonly order: Task["order"];
  readonly end: string;
  /** The other site is lost, and stays it. */
  readonly isAlone?: boolean;
  /** Of the kinds of points every so-manyth is struck. */
  readonly every: number;
}

/** Waits in its commit window: the servers run at site B, nothing is final. */
async function openWindow(): Promise<WritingGroup> {
  const writing = await writingGroup(1);
  const { sites } = writing;
  const id = await sites.order(sites.b, writing.group.id, {
    type: "failover",
    mode: "planned",
    parameters: { commit_window: 3600 },
  });
  await sites.settle(sites.b, id, sites.engine(sites.b), 600_000);
  return writing;
}

const ask =
  (verb: "commit" | "rollback"): Task["order"] =>
  async ({ sites, group }) => {
    const { current_operation_id: id } = await groupAt(sites.b, group.id);
    await sites.ask(sites.b, id ?? "", { verb });
    return id ?? "";
  };

const CHANGES: readonly Change[] = [
  {
    name: "a new home",
    site: "b",
    open: () => awayGroup(1),
    order: ({ sites, group }) => sites.order(sites.b, group.id, { type: "move_home" }),
    end: "completed",
    every: 6,
  },
  {
    name: "a new second site",
    site: "a",
    isAlone: true,
    open: async () => {
      const writing = await groupWithSpareSite();
      lose(writing, writing.sites.b, "all");
      return writing;
    },
    order: async (writing) => {
      const { a } = writing.sites;
      return orderReplacement(writing, a, await thirdSite(writing.sites, a));
    },
    end: "completed",
    every: 6,
  },
  { name: "a commit", site: "b", open: openWindow, order: ask("commit"), end: "completed", every: 6 },
  {
    name: "a rollback in the commit window",
    site: "b",
    open: openWindow,
    order: ask("rollback"),
    end: "rolled_back",
    // The first point behind its decision is one of its own.
    every: 1,
  },
];

function groupAt({ connection }: TestSite, id: string) {
  return connection.db
    .selectFrom("protection_groups")
    .select(["status", "protection", "current_operation_id"])
    .where("id", "=", id)
    .executeTakeFirstOrThrow();
}

/** What every run ends in. */
async function ending(writing: WritingGroup, { site, isAlone }: Change, status: string) {
  const { sites, group } = writing;
  if (!isAlone) await letBothSitesRest(writing);
  const cloud = sites.world.cloud(site === "a" ? "site-a" : "site-b");
  return {
    status,
    group: await groupAt(sites[site], group.id),
    running: [running(writing, "site-a"), running(writing, "site-b")],
    servers: cloud.describe().servers.length,
    volumes: cloud.describe().volumes.length,
    problems: sites.world.problems,
  };
}

describe.each(CHANGES)("$name", (change) => {
  test("ends the same when its engine is killed at any journal write", { timeout: 300_000 }, async () => {
    const { site, order, end, every } = change;
    const first = await change.open();
    const calm: CalmRun = await runCalm(first.sites, await order(first), { site: first.sites[site] });
    const expected = await ending(first, change, calm.status);
    await endWorld(first);
    expect(expected).toMatchObject({ status: end, group: { current_operation_id: null }, problems: [] });
    const points = struckPoints(calm, { every });
    expect(points.length).toBeGreaterThan(2);
    for (const point of points) {
      const writing = await change.open();
      const { sites } = writing;
      const { operationId } = await cutOffAt(writing, point, (lifeline) => lifeline.kill(), { site, order });
      const second = sites.engine(sites[site], { host: "engine-2" });
      const status = await sites.settle(sites[site], operationId, second, 3_600_000);
      const label = `killed ${describePoint(point, calm)}`;
      expect({ label, ...(await ending(writing, change, status)) }).toEqual({ label, ...expected });
      await endWorld(writing);
    }
  });
});
