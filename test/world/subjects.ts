import type { OperationType } from "@protector/contract";
import { seedVolume } from "@protector/simulator";
import { listKeptSnapshots } from "../../packages/server/src/db/repositories/kept-snapshots.ts";
import { awayGroup, goAway } from "./failback-run.ts";
import { type WritingGroup, writingGroup } from "./failover-run.ts";
import { cloudAs } from "./people.ts";
import { emptyGroup } from "./policy-run.ts";
import { createGroup, orderMember, run } from "./protected-group.ts";
import { orderCleanup, orderTest, settleTest } from "./test-run.ts";
import type { TestSite } from "./test-site.ts";
import { groupWithSpareSite, orderReplacement, thirdSite } from "./third-site.ts";
import { letBothSitesRest, lose, orderUnplanned, REASON } from "./unplanned-run.ts";

/*
 * Worlds in which an operation is ordered next, one for each type that is not a failover, a test, a reprotection, a failback
 * or a run of many groups: those have enumerations of their own.
 */

/** An operation that can be ordered. */
export interface Subject {
  readonly writing: WritingGroup;
  readonly site: TestSite;
  /** Orders it, and again when it was taken back. */
  order(): Promise<string>;
  /** The other site is lost, and stays it. */
  readonly isAlone?: true;
}

export const SUBJECTS: Readonly<Partial<Record<OperationType, () => Promise<Subject>>>> = {
  test_cleanup: async () => {
    const writing = await writingGroup(1);
    await settleTest(writing, await orderTest(writing));
    return { writing, site: writing.sites.b, order: () => orderCleanup(writing) };
  },
  sync: () => plain("sync"),
  reclaim: async () => {
    const writing = await writingGroup(1);
    const { sites, group } = writing;
    await goAway(writing);
    lose(writing, sites.b, "black hole");
    const order = () => sites.order(sites.a, group.id, { type: "reclaim", parameters: { reason: REASON } });
    return { writing, site: sites.a, order, isAlone: true };
  },
  group_create: async () => {
    const { sites, group } = await writingGroup(1);
    const id = await createGroup(sites, [], "other");
    const writing = { sites, group: { ...group, id } };
    return { writing, site: sites.a, order: () => sites.order(sites.a, id, { type: "group_create" }) };
  },
  policy_delete: async () => {
    const writing = await emptyGroup();
    const { sites, group } = writing;
    return { writing, site: sites.a, order: () => sites.order(sites.a, group.id, { type: "policy_delete" }) };
  },
  group_delete: () => plain("group_delete"),
  member_add: async () => {
    const writing = await writingGroup(1);
    const { sites, group } = writing;
    const other = [...sites.world.cloud("site-a").compute.servers.values()].find(({ name }) => name === "web-01");
    const member = { serverId: other?.id ?? "", name: "web-01", tier: 1 };
    const order = async () => (await orderMember(sites, group.id, member)).operationId;
    return { writing, site: sites.a, order };
  },
  member_remove: async () => {
    const writing = await writingGroup(2);
    const { sites, group } = writing;
    const parameters = { member_id: group.memberIds[1] };
    return {
      writing,
      site: sites.a,
      order: () => sites.order(sites.a, group.id, { type: "member_remove", parameters }),
    };
  },
  member_update: async () => {
    const writing = await writingGroup(1);
    const { sites, group } = writing;
    const { project, user, basics } = sites.a.tenant;
    const volume = { owner: { project, user }, name: "fresh", sizeGiB: 3, type: basics.replicated };
    const { id: volumeId } = seedVolume(sites.world.cloud("site-a"), volume);
    const { compute } = cloudAs(sites, "site-a", "tenant");
    await sites.clock.run(
      compute.attachVolume(group.servers[0]?.server.id ?? "", { volumeId, deleteOnTermination: false }),
    );
    await sites.clock.advance(10_000);
    return { writing, site: sites.a, order: () => sites.order(sites.a, group.id, { type: "member_update" }) };
  },
  move_home: async () => {
    const writing = await awayGroup(1);
    const { sites, group } = writing;
    return { writing, site: sites.b, order: () => sites.order(sites.b, group.id, { type: "move_home" }) };
  },
  replace_peer: async () => {
    const writing = await groupWithSpareSite();
    const { sites } = writing;
    lose(writing, sites.b, "black hole");
    const third = await thirdSite(sites, sites.a);
    // Who asks again decides again, as the API does: the epoch rises.
    const order = () => orderReplacement(writing, sites.a, third);
    return { writing, site: sites.a, order, isAlone: true };
  },
  snapshot_delete: async () => {
    const writing = await writingGroup(1);
    const { sites, group } = writing;
    const bringBack = lose(writing, sites.a, "all");
    await goAway(writing, (of) => orderUnplanned(of, { reason: REASON }));
    bringBack();
    await letBothSitesRest(writing);
    await run(sites, sites.b, group.id, { type: "reprotect" });
    const order = async () => {
      const [kept] = await listKeptSnapshots(sites.b.connection.db, group.id);
      return sites.order(sites.b, group.id, { type: "snapshot_delete", parameters: { snapshot_id: kept?.id } });
    };
    return { writing, site: sites.b, order };
  },
};

/** Of the group as it is protected. */
async function plain(type: OperationType): Promise<Subject> {
  const writing = await writingGroup(1);
  return {
    writing,
    site: writing.sites.a,
    order: () => writing.sites.order(writing.sites.a, writing.group.id, { type }),
  };
}

/** An operation that is under way, and waits in its commit window: the servers run at site B, nothing is final. */
async function inCommitWindow(verb: "commit" | "rollback"): Promise<Subject> {
  const writing = await writingGroup(1);
  const { sites, group } = writing;
  const parameters = { commit_window: 3600 };
  const id = await sites.order(sites.b, group.id, { type: "failover", mode: "planned", parameters });
  await sites.settle(sites.b, id, sites.engine(sites.b), 600_000);
  const order = async () => {
    await sites.ask(sites.b, id, { verb });
    return id;
  };
  return { writing, site: sites.b, order };
}

/** What is settled for good of a failover in its commit window. */
export const DECISIONS: Readonly<Record<string, () => Promise<Subject>>> = {
  commit: () => inCommitWindow("commit"),
  "rollback in the commit window": () => inCommitWindow("rollback"),
};
