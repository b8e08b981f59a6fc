import { ProtectorError } from "@protector/contract";
import { readJson, writeTime } from "../../db/codecs.ts";
import { newProtectionGroupRow } from "../../db/new-rows.ts";
import { listMappings, replaceMappings } from "../../db/repositories/mappings.ts";
import {
  findProtectionGroup,
  insertProtectionGroup,
  listProtectionGroups,
  type ProtectionGroupView,
  updateProtectionGroup,
} from "../../db/repositories/protection-groups.ts";
import { listPeerSites, type SiteRow } from "../../db/repositories/sites.ts";
import { findMappingOfProject } from "../../db/repositories/tenant-mappings.ts";
import { type Db, inTransaction } from "../../db/transaction.ts";
import { derivedId } from "../../domain/derived-id.ts";
import { firstEpoch } from "../../domain/epochs.ts";
import { raiseGeneration } from "../../domain/generations.ts";
import { requireGroup, requirePeer } from "../../domain/group-guards.ts";
import { deletionOrder } from "../../domain/group-orders.ts";
import { audit } from "../audit.ts";
import { changeGroup } from "../changes/change-group.ts";
import { choosePeer } from "../changes/choose-peer.ts";
import { startOperation } from "../changes/start-operation.ts";
import { type Call, callerOf, type Handlers, listOf } from "../handler.ts";
import { pageOf } from "../listing/links.ts";
import type { ApiPorts } from "../ports.ts";
import { protectionGroupView } from "../views/protection-group.ts";

type Names =
  | "protection_groups.index"
  | "protection_groups.create"
  | "protection_groups.show"
  | "protection_groups.update"
  | "protection_groups.delete";

/** Statuses in which a group can be described anew. */
const SETTLED = ["creating", "active", "failed_over", "failed_over_partial"] as const;

export function protectionGroupHandlers(ports: ApiPorts): Handlers<Names> {
  const { database, identity } = ports;
  const view = (row: ProtectionGroupView) => protectionGroupView(row, identity.siteId);
  return {
    "protection_groups.index": async (call) => {
      const scope = { projectId: call.path.project_id };
      const page = await pageOf(
        { ...call, list: listOf(call) },
        (request) => listProtectionGroups(database.db, scope, request),
        (row) => protectionGroupView(row, identity.siteId),
      );
      const { items, next, links, header } = page;
      return {
        body: { protection_groups: items, ...(next.length > 0 ? { protection_groups_links: next } : {}), links },
        link: header,
      };
    },
    "protection_groups.create": async (call) => {
      const group = await createGroup(ports, call);
      return {
        body: { protection_group: view(group) },
        location: `/v1/${call.path.project_id}/protection-groups/${group.id}`,
      };
    },
    "protection_groups.show": async ({ path }) => ({
      body: { protection_group: view(await requireGroup(database.db, path)) },
    }),
    "protection_groups.update": async (call) => ({ body: { protection_group: view(await updateGroup(ports, call)) } }),
    "protection_groups.delete": async (call) => {
      const { operation, location } = await startDeletion(ports, call);
      return { body: { operation }, location };
    },
  };
}

async function createGroup(ports: ApiPorts, call: Call<"protection_groups.create">): Promise<ProtectionGroupView> {
  const { database, identity, clock, random, trusts } = ports;
  const { project_id } = call.path;
  const wanted = call.body.protection_group;
  const id = call.idempotency ? derivedId(identity.siteId, project_id, call.idempotency.key) : random.uuid();
  const earlier =
    call.idempotency && (await earlierGroup(database.db, { id, project_id, digest: call.idempotency.digest }));
  if (earlier) return earlier;
  const peer = choosePeer(await listPeerSites(database.db), wanted.peer_site_id);
  requirePeer(peer.reachability, peer.reachability_reason);
  await requireMapped(database.db, peer, project_id);
  await trusts.ensure(callerOf(call), project_id, call.requestId);
  const now = writeTime(clock.now());
  return inTransaction(database.db, async (transaction) => {
    await insertProtectionGroup(
      transaction,
      newProtectionGroupRow({
        id,
        project_id,
        name: wanted.name,
        description: wanted.description ?? "",
        protection_reason: "no replication policy",
        replication_type: wanted.replication_type ?? "async",
        home_site_id: identity.siteId,
        primary_site_id: identity.siteId,
        peer_site_id: peer.id,
        epoch: firstEpoch({ primary: identity.siteId, peer: peer.id }),
        created_at: now,
      }),
    );
    const defaults = await listMappings(transaction, { projectId: project_id, groupId: null });
    const copies = defaults.map(({ kind, source_id, target_id }) => ({
      id: random.uuid(),
      kind,
      source_id,
      target_id,
      origin: "default" as const,
      created_at: now,
    }));
    await replaceMappings(transaction, { projectId: project_id, groupId: id }, copies);
    await raiseGeneration(transaction, { groupId: id, localSiteId: identity.siteId, now: clock.now() });
    const detail = { ...wanted, peer_site_id: peer.id, request_digest: call.idempotency?.digest };
    const event = { action: "protection_groups.create", targetType: "protection_group", targetId: id, detail };
    await audit(ports, transaction, { call, ...event });
    return requireGroup(transaction, { id, project_id });
  });
}

async function earlierGroup(
  db: Db,
  { id, project_id, digest }: { readonly id: string; readonly project_id: string; readonly digest: string },
): Promise<ProtectionGroupView | undefined> {
  const event = await db
    .selectFrom("audit_events")
    .select("detail")
    .where("target_id", "=", id)
    .where("action", "=", "protection_groups.create")
    .executeTakeFirst();
  if (!event) return undefined;
  const group = await findProtectionGroup(db, { id, projectId: project_id });
  const made = readJson(event.detail) as { readonly request_digest?: string };
  if (group && made.request_digest === digest) return group;
  throw new ProtectorError(
    "request.idempotency_conflict",
    `The key came with another request, which made group ${id}.`,
  );
}

async function requireMapped(db: Db, peer: SiteRow, projectId: string): Promise<void> {
  if (await findMappingOfProject(db, { siteId: peer.id, localProjectId: projectId })) return;
  throw new ProtectorError(
    "tenant_mapping.missing",
    `Project ${projectId} is not mapped to a project of site "${peer.name}".`,
  );
}

function updateGroup(ports: ApiPorts, call: Call<"protection_groups.update">): Promise<ProtectionGroupView> {
  const { generation, ...changes } = call.body.protection_group;
  return changeGroup(ports, {
    path: call.path,
    statuses: SETTLED,
    generation,
    apply: async (transaction, group) => {
      const set = {
        updated_at: writeTime(ports.clock.now()),
        ...(changes.name === undefined ? {} : { name: changes.name }),
        ...(changes.description === undefined ? {} : { description: changes.description }),
      };
      await updateProtectionGroup(transaction, { id: group.id, changes: set });
      const event = { action: "protection_groups.update", targetType: "protection_group", targetId: group.id };
      await audit(ports, transaction, { call, ...event, detail: changes });
    },
  });
}

function startDeletion(ports: ApiPorts, call: Call<"protection_groups.delete">) {
  return startOperation(ports, {
    ...deletionOrder({}, ports.identity.siteId),
    call,
    apply: async (transaction, group, operationId) => {
      await updateProtectionGroup(transaction, { id: group.id, changes: { status: "deleting" } });
      const event = { action: "protection_groups.delete", targetType: "protection_group", targetId: group.id };
      await audit(ports, transaction, { call, ...event, detail: { operation_id: operationId, name: group.name } });
    },
  });
}
