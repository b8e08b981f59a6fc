import {
  type DefaultsReplaced,
  type GroupMapping,
  type MemberNicSettings,
  ProtectorError,
  type ResourceMapping,
} from "@protector/contract";
import { readOptionalJson, writeJson, writeTime } from "../../db/codecs.ts";
import { listMappings, type ResourceMappingRow, replaceMappings } from "../../db/repositories/mappings.ts";
import { homeMembers, listMembers, type MemberRow, updateMember } from "../../db/repositories/members.ts";
import { groupsAtHome, type ProtectionGroupView } from "../../db/repositories/protection-groups.ts";
import { type Db, inTransaction } from "../../db/transaction.ts";
import { requireGroup } from "../../domain/group-guards.ts";
import { suggestMappings } from "../../domain/mapping-suggestions.ts";
import { requireNicSettings } from "../../domain/nic-settings.ts";
import type { DescribedMember } from "../../domain/used-resources.ts";
import { audit } from "../audit.ts";
import { changeGroup } from "../changes/change-group.ts";
import type { Handlers } from "../handler.ts";
import type { ApiPorts } from "../ports.ts";

type Names =
  | "mappings.show_defaults"
  | "mappings.update_defaults"
  | "mappings.suggest_defaults"
  | "mappings.show"
  | "mappings.update"
  | "mappings.suggest";

const CHANGEABLE = ["creating", "active", "failed_over", "failed_over_partial", "error"] as const;

export function mappingHandlers(ports: ApiPorts): Handlers<Names> {
  const { database, identity } = ports;
  return {
    "mappings.show_defaults": async ({ path }) => {
      const rows = await listMappings(database.db, { projectId: path.project_id, groupId: null });
      return { body: { mappings: rows.map(mappingView) } };
    },
    "mappings.update_defaults": async (call) => {
      const { mappings } = call.body;
      requireOneTarget(mappings);
      const projectId = call.path.project_id;
      await inTransaction(database.db, async (transaction) => {
        await replaceMappings(transaction, { projectId, groupId: null }, newRows(ports, mappings));
        const event = { action: "mappings.update_defaults", targetType: "project", targetId: projectId };
        await audit(ports, transaction, { call, ...event, detail: { count: mappings.length } });
      });
      return { body: { mappings, groups: await spreadDefaults(ports, projectId, mappings) } };
    },
    "mappings.suggest_defaults": async ({ path, body }) => {
      const scope = { projectId: path.project_id, groupId: null };
      const mappings = await listMappings(database.db, scope);
      const members = await homeMembers(database.db, { projectId: path.project_id, siteId: identity.siteId });
      return { body: { suggestions: [...suggestMappings({ ...body, members: described(members), mappings })] } };
    },
    "mappings.suggest": async ({ path, body }) => {
      const group = await requireGroup(database.db, path);
      const mappings = await listMappings(database.db, { projectId: path.project_id, groupId: group.id });
      const members = await listMembers(database.db, group.id);
      return { body: { suggestions: [...suggestMappings({ ...body, members: described(members), mappings })] } };
    },
    "mappings.show": async ({ path }) => {
      const group = await requireGroup(database.db, path);
      const rows = await listMappings(database.db, { projectId: path.project_id, groupId: group.id });
      return { body: { mappings: rows.map(groupMappingView), nics: await nicsOf(database.db, group.id) } };
    },
    "mappings.update": async (call) => {
      const { mappings, nics, generation } = call.body;
      requireOneTarget(mappings);
      await changeGroup(ports, {
        path: call.path,
        statuses: CHANGEABLE,
        generation,
        apply: async (transaction, group) => {
          const scope = { projectId: group.project_id, groupId: group.id };
          const held = await listMappings(transaction, scope);
          const under = await defaultsUnder(ports, transaction, group);
          const own = mappings.filter((each) => !held.some((row) => row.origin === "default" && isSame(row, each)));
          await replaceMappings(transaction, scope, newRows(ports, layered(own, under)));
          if (nics !== undefined) await replaceNics(ports, transaction, { groupId: group.id, nics });
          const event = { action: "mappings.update", targetType: "protection_group", targetId: group.id };
          const detail = { count: mappings.length, ...(nics === undefined ? {} : { nics: nics.length }) };
          await audit(ports, transaction, { call, ...event, detail });
        },
      });
      const rows = await listMappings(database.db, { projectId: call.path.project_id, groupId: call.path.id });
      return { body: { mappings: rows.map(groupMappingView), nics: await nicsOf(database.db, call.path.id) } };
    },
  };
}

function described(members: readonly MemberRow[]): readonly DescribedMember[] {
  return members.flatMap(({ name, description }) => {
    const captured = readOptionalJson(description);
    return captured ? [{ name, description: captured }] : [];
  });
}

async function nicsOf(db: Db, groupId: string): Promise<MemberNicSettings[]> {
  const members = await listMembers(db, groupId);
  return members.flatMap((member) =>
    (readOptionalJson(member.nics) ?? []).map((settings) => ({ member_id: member.id, ...settings })),
  );
}

/** Writes the members whose settings differ: hundreds come in one request, and most change one or two. */
async function replaceNics(
  { clock }: ApiPorts,
  db: Db,
  { groupId, nics }: { readonly groupId: string; readonly nics: readonly MemberNicSettings[] },
): Promise<void> {
  const members = await listMembers(db, groupId);
  const wanted = requireNicSettings(nics, members);
  for (const { id, nics: held } of members) {
    const own = wanted.get(id);
    const value = own ? writeJson(own) : null;
    if (value !== held) await updateMember(db, id, { nics: value, updated_at: writeTime(clock.now()) });
  }
}

/** A mapping as a row of a group holds it. */
type LayeredMapping = ResourceMapping & { readonly origin: "default" | null };

const isSame = (a: ResourceMapping, b: ResourceMapping) => isOfSource(a, b) && a.target_id === b.target_id;
const isOfSource = (a: ResourceMapping, b: ResourceMapping) => a.kind === b.kind && a.source_id === b.source_id;

/** What is said for a group alone, and under it the defaults of what it does not speak of. */
function layered(own: readonly ResourceMapping[], under: readonly ResourceMapping[]): readonly LayeredMapping[] {
  return [
    ...own.map(({ kind, source_id, target_id }) => ({ kind, source_id, target_id, origin: null })),
    ...under
      .filter((each) => !own.some((one) => isOfSource(one, each)))
      .map(({ kind, source_id, target_id }) => ({ kind, source_id, target_id, origin: "default" as const })),
  ];
}

/** Away from home a group keeps the copies it has: the defaults of that site lead the other way. */
async function defaultsUnder({ identity }: ApiPorts, db: Db, group: ProtectionGroupView) {
  const scope = { projectId: group.project_id, groupId: group.id };
  if (group.home_site_id === identity.siteId) return listMappings(db, { ...scope, groupId: null });
  return (await listMappings(db, scope)).filter(({ origin }) => origin === "default");
}

/** Gives the new defaults to every group at home here, each a change of its own that travels to the peer like any other. */
async function spreadDefaults(
  ports: ApiPorts,
  projectId: string,
  defaults: readonly ResourceMapping[],
): Promise<DefaultsReplaced["groups"]> {
  const { db } = ports.database;
  const found: DefaultsReplaced["groups"] = [];
  for (const { id, name } of await groupsAtHome(db, { projectId, siteId: ports.identity.siteId })) {
    const scope = { projectId, groupId: id };
    const held = await listMappings(db, scope);
    const wanted = layered(
      held.filter(({ origin }) => origin === null),
      defaults,
    );
    if (wanted.length === held.length && wanted.every((each) => held.some((row) => isSame(row, each)))) continue;
    try {
      await changeGroup(ports, {
        path: { id, project_id: projectId },
        statuses: CHANGEABLE,
        apply: (transaction) => replaceMappings(transaction, scope, newRows(ports, wanted)),
      });
      found.push({ id, name, reason: null });
    } catch (error) {
      if (!(error instanceof ProtectorError)) throw error;
      found.push({ id, name, reason: error.message });
    }
  }
  return found;
}

/** @throws ProtectorError `mapping.invalid` for a source that has two targets. */
function requireOneTarget(mappings: readonly ResourceMapping[]): void {
  const seen = new Set<string>();
  for (const { kind, source_id } of mappings) {
    const source = `${kind} ${source_id}`;
    if (seen.has(source)) throw new ProtectorError("mapping.invalid", `The mapping of ${source} is given twice.`);
    seen.add(source);
  }
}

function newRows(
  { random, clock }: ApiPorts,
  mappings: readonly (ResourceMapping & { readonly origin?: "default" | null })[],
) {
  const created_at = writeTime(clock.now());
  return mappings.map((mapping) => ({ ...mapping, id: random.uuid(), created_at }));
}

function groupMappingView(row: ResourceMappingRow): GroupMapping {
  return { ...mappingView(row), origin: row.origin ?? "group" };
}

function mappingView({ kind, source_id, target_id }: ResourceMappingRow): ResourceMapping {
  return { kind, source_id, target_id };
}
