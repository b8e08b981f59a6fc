import { writeTime } from "../../packages/server/src/db/codecs.ts";
import { openSqlite } from "../../packages/server/src/db/open-sqlite.ts";
import { inTransaction } from "../../packages/server/src/db/transaction.ts";
import { raiseGeneration } from "../../packages/server/src/domain/generations.ts";
import { replacePeer } from "../../packages/server/src/domain/replace-peer.ts";
import type { WritingGroup } from "./failover-run.ts";
import { protectThreeTier } from "./protected-group.ts";
import { createSite, register, type TestSite } from "./test-site.ts";
import { createTwoSites, type TwoSites } from "./two-sites.ts";
import { REASON } from "./unplanned-run.ts";

/** One server that writes, in a world with a third site that nobody knows yet. @param seed of all ids; default 1. */
export async function groupWithSpareSite(seed = 1): Promise<WritingGroup> {
  const sites = await createTwoSites(seed, { hasSpareSite: true });
  const group = await protectThreeTier(sites, { count: 1 });
  for (const { server } of group.servers) sites.world.cloud("site-a").guest(server.id).startWriting(1000);
  await sites.clock.advance(5000);
  return { sites, group };
}

/** A third site that knows the one which is left, and is known there. */
export async function thirdSite({ world, clock }: TwoSites, left: TestSite): Promise<TestSite> {
  const third = await createSite(world, "site-c", () => openSqlite({ path: ":memory:", clock }));
  await register(world, left, third);
  await register(world, third, left);
  return third;
}

/** Replaces the second site as the API does; answers the id of the operation that sends everything there. */
export async function orderReplacement({ sites, group }: WritingGroup, at: TestSite, third: TestSite): Promise<string> {
  const { clock, random } = sites;
  const { db } = at.connection;
  await inTransaction(db, async (trx) => {
    const row = await trx.selectFrom("protection_groups").selectAll().executeTakeFirstOrThrow();
    await replacePeer(trx, row, {
      localSiteId: at.id,
      peerSiteId: third.id,
      array: { url: null, tokenSecretId: null, backend: "array-c" },
      reason: REASON,
      newId: () => random.uuid(),
      now: writeTime(clock.now()),
    });
    await raiseGeneration(trx, { groupId: row.id, localSiteId: at.id, now: clock.now() });
  });
  return sites.order(at, group.id, { type: "replace_peer" });
}
