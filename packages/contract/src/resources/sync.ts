import Type, { type Static } from "typebox";
import { SYNC_STATUSES } from "../states.ts";
import { Nullable, OneOf, Strict, Timestamp, Uuid } from "./common.ts";
import { DecidedGroup, ObservedGroup } from "./sync-content.ts";

/**
 * Everything the peer has to know about a group. `decided` is what people decided (its digest is the generation's);
 * `observed` is runtime state, which no generation counts.
 */
export const SyncDocument = Strict({
  format: Type.Literal(1),
  site_id: { ...Uuid, description: "Site that made the document" },
  protection_group_id: Uuid,
  project_id: Type.String({ description: "Project on the site that made it" }),
  epoch: Type.Integer({ minimum: 0 }),
  generation: Type.Integer({ minimum: 1 }),
  is_deleted: Type.Boolean(),
  are_snapshots_kept: Type.Optional(
    Type.Literal(true, { description: "Of a deleted group: what was kept of its volumes stays on the arrays" }),
  ),
  digest: Type.String({ pattern: "^[0-9a-f]{64}$", description: "SHA-256 of the canonical JSON of `decided`" }),
  decided: DecidedGroup,
  observed: ObservedGroup,
  sealed: Type.Record(Type.String(), Type.String(), { description: "Secrets, sealed for the peer's key" }),
  issued_at: Timestamp,
  signature: Type.String({ description: "Ed25519 over the canonical JSON of all the rest, base64" }),
});
export type SyncDocument = Static<typeof SyncDocument>;

/** The peer's word that it holds a generation. */
export const SyncReceipt = Strict({
  format: Type.Literal(1),
  site_id: Uuid,
  protection_group_id: Uuid,
  epoch: Type.Integer({ minimum: 0 }),
  generation: Type.Integer({ minimum: 1 }),
  digest: Type.String({ pattern: "^[0-9a-f]{64}$" }),
  issued_at: Timestamp,
  signature: Type.String(),
});
export type SyncReceipt = Static<typeof SyncReceipt>;

/** How far this site and its peer agree, as this site knows it. */
export const SyncState = Type.Object({
  status: OneOf(SYNC_STATUSES),
  is_primary_here: Type.Boolean(),
  epoch: Type.Integer(),
  generation: Type.Integer(),
  digest: Type.String(),
  peer_generation: Nullable(Type.Integer({ description: "From the newest receipt" })),
  peer_digest: Nullable(Type.String()),
  peer_receipt_at: Nullable(Timestamp),
  peer_reachability: OneOf(["reachable", "unreachable", "unknown"] as const),
  peer_reachability_reason: Nullable(Type.String()),
});
export type SyncState = Static<typeof SyncState>;

/** Takes a document over one that the ordinary rule would keep. The loser stays in the audit. */
export const ForceSync = Strict({ document: SyncDocument, reason: Type.String({ minLength: 10, maxLength: 1024 }) });
export type ForceSync = Static<typeof ForceSync>;
