import { type AddMember, type Member, ProtectorError, type UpdateMember } from "@protector/contract";
import { flag, readJson, readOptionalJson, writeJson, writeOptionalJson, writeTime } from "../../db/codecs.ts";
import {
  findMember,
  findMemberOfServer,
  insertMember,
  listMembers,
  type MemberRow,
  nextMemberPosition,
  updateMember,
} from "../../db/repositories/members.ts";
import { findProtectionGroupRow, type ProtectionGroupView } from "../../db/repositories/protection-groups.ts";
import { findReplicationPolicy } from "../../db/repositories/replication-policies.ts";
import type { Db } from "../../db/transaction.ts";
import { requireChangeable, requireGroup } from "../../domain/group-guards.ts";
import { type OrderedMember, requireStartOrder } from "../../domain/member-order.ts";
import { audit } from "../audit.ts";
import { changeGroup } from "../changes/change-group.ts";
import { startOperation } from "../changes/start-operation.ts";
import { type Call, type Handlers, listOf } from "../handler.ts";
import { pageOf } from "../listing/links.ts";
import type { ApiPorts } from "../ports.ts";
import { memberView } from "../views/member.ts";

type Names =
  | "members.index"
  | "members.create"
  | "members.show"
  | "members.update"
  | "members.action"
  | "members.delete";

const MEMBER_LIMIT = 500;
/** Statuses in which members can come, change and go. */
const STEADY = ["active", "failed_over"] as const;

export function memberHandlers(ports: ApiPorts): Handlers<Names> {
  const { database } = ports;
  return {
    "members.index": async (call) => {
      const group = await requireGroup(database.db, call.path);
      const { items, next, links, header } = await pageOf(
        { ...call, list: listOf(call) },
        (request) => listMembers(database.db, group.id, request),
        (row) => memberView(row, group),
      );
      return { body: { members: items, ...(next.length > 0 ? { members_links: next } : {}), links }, link: header };
    },
    "members.create": (call) => addMember(ports, call),
    "members.show": async ({ path }) => {
      const group = await requireGroup(database.db, path);
      return { body: { member: memberView(await requireMember(database.db, group, path.member_id), group) } };
    },
    "members.update": async (call) => ({ body: { member: await changeMember(ports, call) } }),
    "members.action": async (call) => {
      const { operation, location } = await startDriftAcceptance(ports, call);
      return { body: { operation }, location };
    },
    "members.delete": async (call) => {
      const { operation, location } = await startRemoval(ports, call);
      return { body: { operation }, location };
    },
  };
}

async function requireMember(db: Db, group: ProtectionGroupView, id: string): Promise<MemberRow> {
  const member = await findMember(db, { id, groupId: group.id });
  if (!member) throw new ProtectorError("member.not_found", `Protection group "${group.name}" has no member ${id}.`);
  return member;
}

async function addMember(ports: ApiPorts, call: Call<"members.create">) {
  const { database, identity, random } = ports;
  const wanted = call.body.member;
  const memberId = random.uuid();
  const { operation, row, location } = await startOperation(ports, {
    call,
    type: "member_add",
    parameters: { member_id: memberId, server_id: wanted.server_id },
    check: async (db, group, holder) => {
      await requirePolicy(db, group);
      const rule = { localSiteId: identity.siteId, statuses: STEADY, generation: wanted.generation, holder };
      await requireChangeable(db, group, rule);
      await requireFree(db, wanted.server_id);
      await requireRoomAndOrder(db, group, { memberId, wanted });
    },
    apply: async (transaction, group, operationId) => {
      await insertMember(transaction, await newMember(ports, transaction, { group, memberId, wanted }));
      const event = { action: "members.create", targetType: "member", targetId: memberId };
      await audit(ports, transaction, { call, ...event, detail: { ...wanted, operation_id: operationId } });
    },
  });
  const made = readJson(row.parameters) as { readonly member_id: string };
  const group = await requireGroup(database.db, call.path);
  return {
    body: { member: memberView(await requireMember(database.db, group, made.member_id), group), operation },
    location,
  };
}

async function newMember(
  { clock, identity }: ApiPorts,
  db: Db,
  {
    group,
    memberId,
    wanted,
  }: { readonly group: ProtectionGroupView; readonly memberId: string; readonly wanted: AddMember },
) {
  const isHome = group.home_site_id === identity.siteId;
  const now = writeTime(clock.now());
  return {
    id: memberId,
    protection_group_id: group.id,
    position: await nextMemberPosition(db, group.id),
    name: wanted.server_id,
    status: "adding" as const,
    home_server_id: isHome ? wanted.server_id : null,
    peer_server_id: isHome ? null : wanted.server_id,
    tier: wanted.tier ?? 0,
    depends_on: writeJson(wanted.depends_on ?? []),
    delay_seconds: wanted.delay_seconds ?? 0,
    is_critical: flag(wanted.is_critical ?? false),
    user_data: wanted.user_data ?? ("drop" as const),
    gate: writeOptionalJson(wanted.gate ?? null),
    nics: null,
    description: null,
    captured_at: null,
    error: null,
    created_at: now,
    updated_at: now,
  };
}

/** A server is in one group only, whichever project's. */
async function requireFree(db: Db, serverId: string): Promise<void> {
  const member = await findMemberOfServer(db, serverId);
  if (!member) return;
  const group = await findProtectionGroupRow(db, member.protection_group_id);
  const named = group ? `protection group "${group.name}" (${group.id})` : "another protection group";
  throw new ProtectorError("member.already_protected", `Server ${serverId} is a member of ${named}.`);
}

async function requireRoomAndOrder(
  db: Db,
  group: ProtectionGroupView,
  { memberId, wanted }: { readonly memberId: string; readonly wanted: AddMember },
): Promise<void> {
  const members = await listMembers(db, group.id);
  if (members.length >= MEMBER_LIMIT) {
    const detail = `Protection group "${group.name}" has ${members.length} members already.`;
    throw new ProtectorError("member.limit", detail);
  }
  const added = {
    id: memberId,
    name: wanted.server_id,
    tier: wanted.tier ?? 0,
    dependsOn: wanted.depends_on ?? [],
  };
  requireStartOrder([...members.map(ordered), added]);
}

function ordered(row: MemberRow): OrderedMember {
  return { id: row.id, name: row.name, tier: row.tier, dependsOn: readJson(row.depends_on) };
}

async function changeMember(ports: ApiPorts, call: Call<"members.update">): Promise<Member> {
  const { generation, ...wanted } = call.body.member;
  await changeGroup(ports, {
    path: call.path,
    statuses: STEADY,
    generation,
    apply: async (transaction, group) => {
      const member = await requireMember(transaction, group, call.path.member_id);
      const set = { ...changesOf(wanted), updated_at: writeTime(ports.clock.now()) };
      await updateMember(transaction, member.id, set);
      requireStartOrder((await listMembers(transaction, group.id)).map(ordered));
      const event = { action: "members.update", targetType: "member", targetId: member.id };
      await audit(ports, transaction, { call, ...event, detail: wanted });
    },
  });
  const group = await requireGroup(ports.database.db, call.path);
  return memberView(await requireMember(ports.database.db, group, call.path.member_id), group);
}

function changesOf(wanted: Omit<UpdateMember, "generation">) {
  const { tier, depends_on, delay_seconds, is_critical, user_data, gate } = wanted;
  return {
    ...(tier === undefined ? {} : { tier }),
    ...(depends_on === undefined ? {} : { depends_on: writeJson(depends_on) }),
    ...(delay_seconds === undefined ? {} : { delay_seconds }),
    ...(is_critical === undefined ? {} : { is_critical: flag(is_critical) }),
    ...(user_data === undefined ? {} : { user_data }),
    ...(gate === undefined ? {} : { gate: writeOptionalJson(gate) }),
  };
}

/** At home only: what has changed away from home, the failback compares by itself. */
function startDriftAcceptance(ports: ApiPorts, call: Call<"members.action">) {
  const { member_ids, generation } = call.body.accept_drift ?? {};
  return startOperation(ports, {
    call,
    type: "member_update",
    parameters: member_ids ? { member_ids } : {},
    check: async (db, group, holder) => {
      await requirePolicy(db, group);
      const rule = { localSiteId: ports.identity.siteId, statuses: ["active"] as const, generation, holder };
      await requireChangeable(db, group, rule);
      for (const id of member_ids ?? []) await requireMember(db, group, id);
    },
    apply: async (transaction, group, operationId) => {
      const event = { action: "members.accept_drift", targetType: "protection_group", targetId: group.id };
      await audit(ports, transaction, { call, ...event, detail: { member_ids, operation_id: operationId } });
    },
  });
}

/** @throws ProtectorError `protection_group.no_policy` */
async function requirePolicy(db: Db, group: ProtectionGroupView): Promise<void> {
  if (await findReplicationPolicy(db, group.id)) return;
  throw new ProtectorError("protection_group.no_policy", `Protection group "${group.name}" has no replication policy.`);
}

function startRemoval(ports: ApiPorts, call: Call<"members.delete">) {
  const { member_id } = call.path;
  return startOperation(ports, {
    call,
    type: "member_remove",
    parameters: { member_id },
    check: async (db, group, holder) => {
      const member = await requireMember(db, group, member_id);
      await requireChangeable(db, group, { localSiteId: ports.identity.siteId, statuses: STEADY, holder });
      const hooks = readOptionalJson(group.hooks) ?? [];
      const hook = hooks.findIndex((each) => each.member_id === member.id);
      if (hook >= 0) throw new ProtectorError("hook.dangling", `Hook ${hook + 1} is of member "${member.name}".`);
      const others = (await listMembers(db, group.id)).filter(({ id }) => id !== member.id);
      const dependent = others.find((other) => readJson(other.depends_on).includes(member.id));
      if (!dependent) return;
      const detail = `Member "${dependent.name}" (${dependent.id}) depends on "${member.name}".`;
      throw new ProtectorError("member.order_dangling", detail);
    },
    apply: async (transaction, _group, operationId) => {
      await updateMember(transaction, member_id, { status: "removing" });
      const event = { action: "members.delete", targetType: "member", targetId: member_id };
      await audit(ports, transaction, { call, ...event, detail: { operation_id: operationId } });
    },
  });
}
