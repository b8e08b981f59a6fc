import { ProtectorError, type SyncDocument } from "@protector/contract";
import type { Transaction } from "kysely";
import { readTime } from "../../db/codecs.ts";
import { findProtectionGroupRow, type ProtectionGroupRow } from "../../db/repositories/protection-groups.ts";
import { findReplicationPolicy } from "../../db/repositories/replication-policies.ts";
import type { Database } from "../../db/schema.ts";
import { inTransaction } from "../../db/transaction.ts";
import { applyDecisions, applyObserved, notePeerVersion } from "../../domain/apply-document.ts";
import { readDecided } from "../../domain/decided-group.ts";
import { requireKeptChoice } from "../../domain/kept-choice.ts";
import { requirePolicyUnused } from "../../domain/policy-use.ts";
import { standingTests } from "../../domain/standing-tests.ts";
import { compareVersions, type SyncVerdict } from "../../domain/sync-rules.ts";
import { audit } from "../audit.ts";
import type { Call } from "../handler.ts";
import type { ApiPorts } from "../ports.ts";
import { lockGroup } from "./lock-group.ts";

/** A document of the peer that has passed every check of trust. */
export interface TakenDocument {
  readonly call: Call<"sync.update"> | Call<"sync.force">;
  readonly document: SyncDocument;
  /** Why it is taken over one that the rule would keep; undefined = by the rule. */
  readonly reason?: string | undefined;
}

/**
 * Takes a document of the peer, all or nothing.
 * @throws ProtectorError `sync.stale`, `sync.conflict`, `sync.untrusted`, `protection_group.busy`.
 */
export function takeDocument(ports: ApiPorts, { call, document, reason }: TakenDocument): Promise<void> {
  const { database, identity, clock } = ports;
  const { id, project_id: projectId } = call.path;
  const context = { document, identity, projectId, now: clock.now() };
  return inTransaction(database.db, async (transaction) => {
    await lockGroup(transaction, id, context.now);
    const held = await findProtectionGroupRow(transaction, id);
    if (held && (held.project_id !== projectId || held.peer_site_id !== document.site_id)) {
      throw new ProtectorError(
        "sync.untrusted",
        `Group ${id} is not one of this project with site ${document.site_id}.`,
      );
    }
    const verdict = held ? compareVersions(held, document) : ({ kind: "newer" } as const);
    const taken = requireTaken(verdict, { held, document, reason });
    if (taken === "decisions") {
      if (held) requireUnheld(held, document);
      if (document.is_deleted) {
        await requireNoTests(transaction, id);
        if (held) await requireKeptChoice(transaction, held, document.are_snapshots_kept ? "keep" : undefined);
      }
      if (!document.is_deleted && held && document.decided.policy === null)
        await requireNoUse(transaction, held, document);
      const loser = held && (verdict.kind !== "newer" || document.epoch > held.epoch) ? held : undefined;
      await auditTaken(ports, transaction, { call, document, reason, loser });
      await applyDecisions(transaction, ports, context);
    }
    if (document.is_deleted || (taken === "observed" && held && isOlder(document, held))) return;
    await applyObserved(transaction, context);
    await notePeerVersion(transaction, context);
  });
}

/** A document of the same decisions that was made before one that is known must not bring old state back. */
function isOlder(document: SyncDocument, { peer_receipt_at }: ProtectionGroupRow): boolean {
  return peer_receipt_at !== null && Date.parse(document.issued_at) < readTime(peer_receipt_at);
}

interface Held {
  readonly held: ProtectionGroupRow | undefined;
  readonly document: SyncDocument;
  readonly reason: string | undefined;
}

function requireTaken(verdict: SyncVerdict, { held, document, reason }: Held): "decisions" | "observed" {
  switch (verdict.kind) {
    case "newer":
      return "decisions";
    case "same":
      return "observed";
    case "stale":
      // A primary role that has moved on is never forced back: that is what reclaim is for.
      if (reason !== undefined && held?.epoch === document.epoch) return "decisions";
      throw new ProtectorError("sync.stale", verdict.reason);
    case "conflict":
      if (reason !== undefined) return "decisions";
      throw new ProtectorError("sync.conflict", verdict.reason);
  }
}

/** A running operation works with what was decided; only a new primary role may pull it from under it. */
function requireUnheld(held: ProtectionGroupRow, document: SyncDocument): void {
  if (held.current_operation_id === null || document.epoch > held.epoch) return;
  throw new ProtectorError(
    "protection_group.busy",
    `Protection group "${held.name}" is being changed by operation ${held.current_operation_id}.`,
    { facts: { operation_id: held.current_operation_id } },
  );
}

/** A group that is gone has nobody who could clean its tests up. */
async function requireNoTests(transaction: Transaction<Database>, groupId: string): Promise<void> {
  const [test] = await standingTests(transaction, { groupId });
  if (!test) return;
  const { id, protection_group_name: name } = test.operation;
  throw new ProtectorError(
    "protection_group.busy",
    `Test failover ${id} of protection group "${name}" stands at this site; clean it up first: protector test-cleanup.`,
    { facts: { operation_id: id } },
  );
}

/** Without the policy nobody could reach what this site still has on its array. */
async function requireNoUse(
  transaction: Transaction<Database>,
  { id, name }: ProtectionGroupRow,
  { decided }: SyncDocument,
): Promise<void> {
  if (!(await findReplicationPolicy(transaction, id))) return;
  await requirePolicyUnused(transaction, { id, name, memberCount: decided.members.length });
}

async function auditTaken(
  ports: ApiPorts,
  transaction: Transaction<Database>,
  { call, document, reason, loser }: TakenDocument & { readonly loser: ProtectionGroupRow | undefined },
): Promise<void> {
  const { epoch, generation, digest, site_id, is_deleted } = document;
  const kept = loser && {
    epoch: loser.epoch,
    generation: loser.generation,
    digest: loser.digest,
    decided: await readDecided(transaction, loser, ports.identity.siteId),
  };
  await audit(ports, transaction, {
    call,
    action: reason === undefined ? "sync.update" : "sync.force",
    targetType: "protection_group",
    targetId: document.protection_group_id,
    detail: { from: site_id, epoch, generation, digest, is_deleted, reason, replaced: kept },
  });
}
