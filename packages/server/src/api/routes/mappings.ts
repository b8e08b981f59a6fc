import { ProtectorError, type ResourceMapping } from "@protector/contract";
import { writeTime } from "../../db/codecs.ts";
import { listMappings, type ResourceMappingRow, replaceMappings } from "../../db/repositories/mappings.ts";
import { inTransaction } from "../../db/transaction.ts";
import { audit } from "../audit.ts";
import { changeGroup } from "../changes/change-group.ts";
import { requireGroup } from "../changes/guard.ts";
import type { Handlers } from "../handler.ts";
import type { ApiPorts } from "../ports.ts";

type Names = "mappings.show_defaults" | "mappings.update_defaults" | "mappings.show" | "mappings.update";

const CHANGEABLE = ["creating", "active", "failed_over", "failed_over_partial", "error"] as const;

export function mappingHandlers(ports: ApiPorts): Handlers<Names> {
  const { database } = ports;
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
    "mappings.show": async ({ path }) => {
      const group = await requireGroup(database.db, path);
      const rows = await listMappings(database.db, { projectId: path.project_id, groupId: group.id });
      return { body: { mappings: rows.map(mappingView) } };
    },
    "mappings.update": async (call) => {
      const { mappings, generation } = call.body;
      requireOneTarget(mappings);
      await changeGroup(ports, {
        path: call.path,
        statuses: CHANGEABLE,
        generation,
        apply: async (transaction, group) => {
          const scope = { projectId: group.project_id, groupId: group.id };
          await replaceMappings(transaction, scope, newRows(ports, mappings));
          const event = { action: "mappings.update", targetType: "protection_group", targetId: group.id };
          await audit(ports, transaction, { call, ...event, detail: { count: mappings.length } });
        },
      });
      return { body: { mappings } };
    },
  };
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
