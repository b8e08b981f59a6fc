import { type MemberNicSettings, ProtectorError, type ResourceMapping } from "@protector/contract";
import { readOptionalJson, writeJson, writeTime } from "../../db/codecs.ts";
import {
  effectiveMappings,
  listMappings,
  type ResourceMappingRow,
  replaceMappings,
} from "../../db/repositories/mappings.ts";
import { homeMembers, listMembers, type MemberRow, updateMember } from "../../db/repositories/members.ts";
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
      return { body: { mappings } };
    },
    "mappings.suggest_defaults": async ({ path, body }) => {
      const scope = { projectId: path.project_id, groupId: null };
      const mappings = await listMappings(database.db, scope);
      const members = await homeMembers(database.db, { projectId: path.project_id, siteId: identity.siteId });
      return { body: { suggestions: [...suggestMappings({ ...body, members: described(members), mappings })] } };
    },
    "mappings.suggest": async ({ path, body }) => {
      const group = await requireGroup(database.db, path);
      const mappings = await effectiveMappings(database.db, { projectId: path.project_id, groupId: group.id });
      const members = await listMembers(database.db, group.id);
      return { body: { suggestions: [...suggestMappings({ ...body, members: described(members), mappings })] } };
    },
    "mappings.show": async ({ path }) => {
      const group = await requireGroup(database.db, path);
      const rows = await listMappings(database.db, { projectId: path.project_id, groupId: group.id });
      return { body: { mappings: rows.map(mappingView), nics: await nicsOf(database.db, group.id) } };
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
          await replaceMappings(transaction, scope, newRows(ports, mappings));
          if (nics !== undefined) await replaceNics(ports, transaction, { groupId: group.id, nics });
          const event = { action: "mappings.update", targetType: "protection_group", targetId: group.id };
          const detail = { count: mappings.length, ...(nics === undefined ? {} : { nics: nics.length }) };
          await audit(ports, transaction, { call, ...event, detail });
        },
      });
      return { body: { mappings, nics: await nicsOf(database.db, call.path.id) } };
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

/** @throws ProtectorError `mapping.invalid` for a source that has two targets. */
function requireOneTarget(mappings: readonly ResourceMapping[]): void {
  const seen = new Set<string>();
  for (const { kind, source_id } of mappings) {
    const source = `${kind} ${source_id}`;
    if (seen.has(source)) throw new ProtectorError("mapping.invalid", `The mapping of ${source} is given twice.`);
    seen.add(source);
  }
}

function newRows({ random, clock }: ApiPorts, mappings: readonly ResourceMapping[]) {
  const created_at = writeTime(clock.now());
  return mappings.map((mapping) => ({ ...mapping, id: random.uuid(), created_at }));
}

function mappingView({ kind, source_id, target_id }: ResourceMappingRow): ResourceMapping {
  return { kind, source_id, target_id };
}
