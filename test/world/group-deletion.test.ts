import { afterEach, expect, test } from "vitest";
import { readJson } from "../../packages/server/src/db/codecs.ts";
import { listKeptSnapshots } from "../../packages/server/src/db/repositories/kept-snapshots.ts";
import { goAway } from "./failback-run.ts";
import { type WritingGroup, writingGroup } from "./failover-run.ts";
import { run } from "./protected-group.ts";
import { operationRow } from "./test-run.ts";
import { letBothSitesRest, lose, orderUnplanned, owedAt, REASON } from "./unplanned-run.ts";

let writing: WritingGroup;
afterEach(() => writing.sites.stop());

/**
 * A group at site B, whose reprotection has kept what the servers of site A had written alone: one snapshot of each volume
 * there. @returns their names, as the ledger of site B has them.
 */
async function groupWithKept(): Promise<readonly string[]> {
  writing = await writingGroup(1);
  const { sites, group } = writing;
  const bringBack = lose(writing, sites.a, "all");
  await goAway(writing, (of) => orderUnplanned(of, { reason: REASON }));
  bringBack();
  await letBothSitesRest(writing);
  await run(sites, sites.b, group.id, { type: "reprotect" });
  const names = (await listKeptSnapshots(sites.b.connection.db, group.id)).map(({ name }) => name);
  expect(names).toHaveLength(2);
  return names.toSorted();
}

/**
 * Volumes, snapshots and groups of Protector's on an array that are not destroyed. What an array shows of another one's group
 * goes with that.
 */
function ours(array: "array-a" | "array-b"): readonly string[] {
  const { volumes, snapshots, groups } = writing.sites.world.array(array).model.describe();
  return [...volumes, ...snapshots, ...groups.filter(({ name }) => !name.includes(":"))]
    .filter(({ name, isDestroyed }) => !isDestroyed && /protector-/.test(name))
    .map(({ name }) => name)
    .toSorted();
}

async function deleteGroup(parameters: Record<string, unknown>) {
  const { sites, group } = writing;
  const id = await run(sites, sites.b, group.id, { type: "group_delete", parameters });
  return readJson((await operationRow(writing, id)).leftovers);
}

test("deleting a group leaves nothing of ours on either array, kept snapshots among it", async () => {
  const kept = await groupWithKept();
  expect(ours("array-a")).toEqual(expect.arrayContaining([...kept]));
  expect(await deleteGroup({ kept_snapshots: "delete" })).toEqual([]);
  expect([ours("array-a"), ours("array-b")]).toEqual([[], []]);
  expect(writing.sites.world.problems).toEqual([]);
});

test("kept snapshots that are to stay are all that stays, and the operation names them with how to delete them there", async () => {
  const kept = await groupWithKept();
  const told = await deleteGroup({ kept_snapshots: "keep" });
  expect([ours("array-a"), ours("array-b")]).toEqual([kept, []]);
  expect(told.map(({ subject }) => subject).toSorted()).toEqual(kept);
  expect(told[0]?.reason).toContain(`on the array at site-a`);
  expect(told[0]?.reason).toContain(`purevol destroy ${told[0]?.subject}`);
});

test("what is kept on the array of a site that is lost for good is owed there, and told", async () => {
  const kept = await groupWithKept();
  lose(writing, writing.sites.a, "all");
  const told = await deleteGroup({ peer_lost: true, reason: REASON, kept_snapshots: "delete" });
  expect(ours("array-b")).toEqual([]);
  expect(told.map(({ subject }) => subject)).toEqual(
    expect.arrayContaining(kept.map((name) => `Destroy snapshot ${name} at site-a`)),
  );
  expect((await owedAt(writing.sites.b)).filter((kind) => kind === "volume.drop_kept")).toHaveLength(2);
});
