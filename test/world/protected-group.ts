import type { MAPPING_KINDS, MappingKind, ReplicationType } from "@protector/contract";
import { type SeededServer, seedThreeTier } from "@protector/simulator";
import { flag, writeJson, writeTime } from "../../packages/server/src/db/codecs.ts";
import { newProtectionGroupRow } from "../../packages/server/src/db/new-rows.ts";
import { inTransaction } from "../../packages/server/src/db/transaction.ts";
import { applyDecisions, applyObserved, notePeerVersion } from "../../packages/server/src/domain/apply-document.ts";
import { firstEpoch } from "../../packages/server/src/domain/epochs.ts";
import { raiseGeneration } from "../../packages/server/src/domain/generations.ts";
import { makeDocument } from "../../packages/server/src/domain/group-document.ts";
import { loadSiteIdentity } from "../../packages/server/src/domain/site-identity.ts";
import type { TestSite } from "./test-site.ts";
import type { TwoSites } from "./two-sites.ts";

/** A three-tier workload at site A that is protected on site B. */
export interface ProtectedGroup {
  readonly id: string;
  readonly servers: readonly SeededServer[];
  readonly memberIds: readonly string[];
}

/**
 * Servers in start order: db, app, web.
 * @param how `prepare` is done to them before they are protected; `count` protects only the first so many.
 */
export async function protectThreeTier(
  sites: TwoSites,
  how: {
    prepare?: (servers: readonly SeededServer[]) => void;
    count?: number | undefined;
    replicationType?: ReplicationType;
    mappings?: readonly Mapping[];
  } = {},
): Promise<ProtectedGroup> {
  const { a, world } = sites;
  const { replicated, sync = replicated } = a.tenant.basics;
  const type = how.replicationType === "sync" ? sync : replicated;
  const tiers = seedThreeTier(world.cloud("site-a"), a.tenant, type);
  const servers = [tiers.db, tiers.app, tiers.web].slice(0, how.count);
  how.prepare?.(servers);
  // The tenant has his key pair at home only: the failover has to bring it along.
  world.cloud("site-b").compute.keypairs.clear();
  const id = await createGroup(sites, how.mappings, "shop", how.replicationType);
  const engine = sites.engine(a);
  const memberIds: string[] = [];
  await run(sites, a, id, { type: "group_create" });
  for (const [tier, { server }] of servers.entries()) {
    memberIds.push(await addMember(sites, id, { serverId: server.id, name: server.name, tier }));
  }
  await run(sites, a, id, { type: "sync" });
  await engine.stop();
  await carry(sites, a, sites.b, id);
  return { id, servers, memberIds };
}

/** Runs an operation to its end. @throws Error when it does not complete. */
export async function run(
  sites: TwoSites,
  site: TestSite,
  groupId: string,
  wish: Parameters<TwoSites["order"]>[2],
): Promise<string> {
  return finish(sites, site, await sites.order(site, groupId, wish));
}

async function finish(sites: TwoSites, site: TestSite, operationId: string): Promise<string> {
  const engine = sites.engine(site);
  const status = await sites.settle(site, operationId, engine);
  if (status === "completed") return operationId;
  const row = await site.connection.db
    .selectFrom("dr_operations")
    .selectAll()
    .where("id", "=", operationId)
    .executeTakeFirst();
  const steps = await site.connection.db
    .selectFrom("dr_operation_steps")
    .select(["step_key", "status", "error"])
    .where("operation_id", "=", operationId)
    .where("status", "not in", ["completed", "pending"])
    .execute();
  const broken = sites.events
    .filter((event) => event.kind === "operation_broken")
    .map((event) => String((event.error as Error).stack));
  throw new Error(
    `${row?.type} is ${status}: ${row?.status_reason}\n${JSON.stringify(steps, null, 1)}\n${broken.join("\n")}`,
  );
}

/** Carries a group's document to the other site and the receipt back, as the client does. */
export async function carry(sites: TwoSites, from: TestSite, to: TestSite, groupId: string): Promise<void> {
  const { random, clock } = sites;
  const now = clock.now();
  const identity = await loadSiteIdentity(from.connection.db, from.secrets);
  const group = await from.connection.db
    .selectFrom("protection_groups")
    .selectAll()
    .where("id", "=", groupId)
    .executeTakeFirstOrThrow();
  const peer = await loadSiteIdentity(to.connection.db, to.secrets);
  const document = await makeDocument(
    { db: from.connection.db, identity, secrets: from.secrets, random, now },
    group,
    peer.sealingPublicKey,
  );
  const context = { document, identity: peer, projectId: to.projectId, now };
  await inTransaction(to.connection.db, async (trx) => {
    await applyDecisions(trx, { secrets: to.secrets, random }, context);
    await applyObserved(trx, context);
    await notePeerVersion(trx, context);
  });
  await from.connection.db
    .updateTable("protection_groups")
    .set({ peer_generation: group.generation, peer_digest: group.digest, peer_receipt_at: writeTime(now) })
    .where("id", "=", groupId)
    .execute();
}

/** A group's row with its policy and mappings, as a person's request leaves it. */
export async function createGroup(
  { a, b, world }: TwoSites,
  more: readonly Mapping[] = [],
  name = "shop",
  replicationType: ReplicationType = "async",
): Promise<string> {
  const { db } = a.connection;
  const id = world.random.uuid();
  const now = writeTime(world.clock.now());
  await db
    .insertInto("protection_groups")
    .values(
      newProtectionGroupRow({
        id,
        project_id: a.projectId,
        name,
        replication_type: replicationType,
        home_site_id: a.id,
        primary_site_id: a.id,
        peer_site_id: b.id,
        epoch: firstEpoch({ primary: a.id, peer: b.id }),
        created_at: now,
      }),
    )
    .execute();
  await insertPolicy({ a, world }, id, replicationType === "sync" ? { pod: POD } : {});
  const rows = [...mappings({ a, b }), ...more].map(([kind, source_id, target_id]) => ({
    id: world.random.uuid(),
    project_id: a.projectId,
    protection_group_id: id,
    kind,
    source_id,
    target_id,
    created_at: now,
  }));
  await db.insertInto("resource_mappings").values(rows).execute();
  await db
    .transaction()
    .execute((trx) => raiseGeneration(trx, { groupId: id, localSiteId: a.id, now: world.clock.now() }));
  return id;
}

/** Cinder's pod, as it is called when nobody says otherwise. */
export const POD = "cinder-pod";

/** A policy's row, as a person's request leaves it. @param more backend at the other site; the pod of a sync group. */
export async function insertPolicy(
  { a, world }: Pick<TwoSites, "a" | "world">,
  groupId: string,
  { secondary = "array-b", pod = null }: { readonly secondary?: string; readonly pod?: string | null } = {},
): Promise<void> {
  const now = writeTime(world.clock.now());
  await a.connection.db
    .insertInto("replication_policies")
    .values({
      id: world.random.uuid(),
      protection_group_id: groupId,
      primary_fa_url: null,
      primary_token_secret_id: null,
      primary_backend: "array-a",
      secondary_fa_url: null,
      secondary_token_secret_id: null,
      secondary_backend: secondary,
      pod,
      replication_interval: 300,
      rpo_minutes: 15,
      rto_minutes: 30,
      retention: writeJson({ all_for_seconds: 86_400, per_day: 4, days: 7 }),
      created_at: now,
      updated_at: now,
    })
    .execute();
}

/** Kind, id at site A, id at site B. */
export type Mapping = readonly [MappingKind, string, string];

function mappings({ a, b }: Pick<TwoSites, "a" | "b">): readonly Mapping[] {
  const [from, to] = [a.tenant, b.tenant];
  return [
    ["network", from.front.network.id, to.front.network.id],
    ["network", from.back.network.id, to.back.network.id],
    ["subnet", from.front.subnet.id, to.front.subnet.id],
    ["subnet", from.back.subnet.id, to.back.subnet.id],
    ["flavor", from.basics.flavors.small.id, to.basics.flavors.small.id],
    ["flavor", from.basics.flavors.medium.id, to.basics.flavors.medium.id],
    ["security_group", from.web.id, to.web.id],
    ["security_group", from.database.id, to.database.id],
    ["volume_type", "replicated", "replicated"],
    ["test_volume_type", "replicated", to.basics.plain.name],
    ["floating_ip_pool", from.basics.external.network.id, to.basics.external.network.id],
  ] satisfies readonly (readonly [(typeof MAPPING_KINDS)[number], string, string])[];
}

/** A server that is to become a member. */
export interface NewMember {
  readonly serverId: string;
  readonly name: string;
  readonly tier: number;
}

/** Runs the operation that makes a server a member; answers the member's id. */
export async function addMember(sites: TwoSites, groupId: string, member: NewMember): Promise<string> {
  const { id, operationId } = await orderMember(sites, groupId, member);
  await finish(sites, sites.a, operationId);
  return id;
}

/** Writes the member's row and its operation as the API does. */
export async function orderMember(
  sites: TwoSites,
  groupId: string,
  member: NewMember,
): Promise<{ readonly id: string; readonly operationId: string }> {
  const { a, world } = sites;
  const id = world.random.uuid();
  const now = writeTime(world.clock.now());
  await a.connection.db
    .insertInto("pg_members")
    .values({
      id,
      protection_group_id: groupId,
      position: member.tier,
      name: member.name,
      status: "adding",
      home_server_id: null,
      peer_server_id: null,
      tier: member.tier,
      depends_on: writeJson([]),
      delay_seconds: 0,
      is_critical: flag(false),
      user_data: "drop",
      gate: null,
      nics: null,
      description: null,
      captured_at: null,
      error: null,
      created_at: now,
      updated_at: now,
    })
    .execute();
  const parameters = { member_id: id, server_id: member.serverId };
  return { id, operationId: await sites.order(a, groupId, { type: "member_add", parameters }) };
}
