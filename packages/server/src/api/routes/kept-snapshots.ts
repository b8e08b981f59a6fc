import { type KeptSnapshot, ProtectorError } from "@protector/contract";
import { isoTime } from "../../db/codecs.ts";
import { findKeptSnapshot, type KeptSnapshotRow, listKeptSnapshots } from "../../db/repositories/kept-snapshots.ts";
import type { Db } from "../../db/transaction.ts";
import { requireGroup, requireStatus } from "../../domain/group-guards.ts";
import { audit } from "../audit.ts";
import { startOperation } from "../changes/start-operation.ts";
import { type Handlers, listOf } from "../handler.ts";
import { pageOf } from "../listing/links.ts";
import type { ApiPorts } from "../ports.ts";

/** What volumes held that is nowhere else: listed, and deleted on command. */
export function keptSnapshotHandlers(ports: ApiPorts): Handlers<"kept_snapshots.index" | "kept_snapshots.delete"> {
  const { db } = ports.database;
  return {
    "kept_snapshots.index": async (call) => {
      const group = await requireGroup(db, call.path);
      const { items, next, links, header } = await pageOf(
        { ...call, list: listOf(call) },
        (request) => listKeptSnapshots(db, group.id, request),
        keptSnapshotView,
      );
      return {
        body: { kept_snapshots: items, ...(next.length > 0 ? { kept_snapshots_links: next } : {}), links },
        link: header,
      };
    },
    "kept_snapshots.delete": async (call) => {
      const { snapshot_id: id } = call.path;
      const { operation, location } = await startOperation(ports, {
        call,
        type: "snapshot_delete",
        parameters: { snapshot_id: id },
        check: async (db, group) => {
          await requireKept(db, { groupId: group.id, id });
          requireStatus(group, ["active", "failed_over", "failed_over_partial", "error"]);
        },
        apply: async (transaction, group, operationId) => {
          const { name } = await requireKept(transaction, { groupId: group.id, id });
          const detail = { name, operation_id: operationId };
          const event = { action: "kept_snapshots.delete", targetType: "kept_snapshot", targetId: id };
          await audit(ports, transaction, { call, ...event, detail });
        },
      });
      return { body: { operation }, location };
    },
  };
}

/** @throws ProtectorError `kept_snapshot.not_found` */
async function requireKept(db: Db, of: { readonly groupId: string; readonly id: string }): Promise<KeptSnapshotRow> {
  const found = await findKeptSnapshot(db, of);
  if (found) return found;
  throw new ProtectorError("kept_snapshot.not_found", `This site has kept no snapshot ${of.id}, or has deleted it.`);
}

function keptSnapshotView(row: KeptSnapshotRow): KeptSnapshot {
  return {
    id: row.id,
    kind: row.kind === "kept_volume" ? "volume" : "snapshot",
    name: row.name,
    site_id: row.site_id,
    member_id: row.member_id,
    reason: row.reason,
    operation_id: row.operation_id,
    operation_type: row.operation_type,
    created_at: isoTime(row.created_at),
  };
}
