import Type from "typebox";
import { ForceSync, SyncDocument, SyncReceipt, SyncState } from "../resources/sync.ts";
import { route } from "./route.ts";

const BASE = "/v1/{project_id}/protection-groups/{id}/sync";
const state = Type.Object({ sync: SyncState });

/** Documents and receipts travel bare: they are signed as they stand. */
export const syncRoutes = {
  "sync.show": route({
    method: "GET",
    path: BASE,
    summary: "How far this site and its peer agree about a group",
    rule: "protector:sync:show",
    request: null,
    response: state,
    status: 200,
    errors: ["protection_group.not_found"],
  }),
  "sync.document": route({
    method: "GET",
    path: `${BASE}/document`,
    summary: "The signed document for the peer, of a deleted group too while its receipt is owed",
    rule: "protector:sync:document",
    request: null,
    response: SyncDocument,
    status: 200,
    errors: ["protection_group.not_found", "tenant_mapping.missing", "secrets.unavailable"],
  }),
  "sync.update": route({
    method: "PUT",
    path: BASE,
    summary: "Deliver the peer's document; a group that is not here yet is created",
    rule: "protector:sync:update",
    request: SyncDocument,
    response: SyncReceipt,
    status: 200,
    errors: [
      "sync.untrusted",
      "sync.stale",
      "sync.conflict",
      "protection_group.busy",
      "protection_group.name_exists",
      "kept_snapshot.undecided",
      "trust.login_required",
      "secrets.unavailable",
    ],
  }),
  "sync.receipt": route({
    method: "POST",
    path: `${BASE}/receipt`,
    summary: "Deliver the peer's receipt",
    rule: "protector:sync:receipt",
    request: SyncReceipt,
    response: state,
    status: 200,
    errors: ["protection_group.not_found", "sync.untrusted", "sync.conflict"],
  }),
  "sync.force": route({
    method: "POST",
    path: `${BASE}/force`,
    summary: "Take the peer's document over the one held here; the loser is kept in the audit",
    rule: "protector:sync:force",
    request: ForceSync,
    response: SyncReceipt,
    status: 200,
    errors: [
      "sync.untrusted",
      "sync.stale",
      "protection_group.busy",
      "protection_group.name_exists",
      "trust.login_required",
      "secrets.unavailable",
    ],
  }),
} as const;
