import { ProtectorError, type SyncDocument, type SyncReceipt } from "@protector/contract";
import type { ProtectionGroupRow } from "../db/repositories/protection-groups.ts";
import type { SiteRow } from "../db/repositories/sites.ts";
import { digestOf } from "./decided-group.ts";
import { isSignedBy } from "./signatures.ts";

/** What a site that holds `held` does with a document. */
export type SyncVerdict =
  | { readonly kind: "newer" }
  /** The same decisions: only the runtime state is taken. */
  | { readonly kind: "same" }
  | { readonly kind: "stale"; readonly reason: string }
  | { readonly kind: "conflict"; readonly reason: string };

type Version = Pick<SyncDocument, "epoch" | "generation" | "digest">;

/** Higher epoch, then higher generation; equal in both and another digest can only come from a restored database. */
export function compareVersions(held: Version, document: Version): SyncVerdict {
  const have = `epoch ${held.epoch}, generation ${held.generation}`;
  const came = `epoch ${document.epoch}, generation ${document.generation}`;
  const order = document.epoch - held.epoch || document.generation - held.generation;
  if (order > 0) return { kind: "newer" };
  if (order < 0) return { kind: "stale", reason: `This site has ${have}; the document is of ${came}.` };
  if (document.digest === held.digest) return { kind: "same" };
  return { kind: "conflict", reason: `Both sites have ${have}, with different content.` };
}

/** Where and for whom a document or a receipt was delivered. */
export interface Delivery {
  readonly groupId: string;
  /** The registered site that says it made it; undefined when there is none. */
  readonly peer: SiteRow | undefined;
}

/** Project here, and the project of the peer that it is mapped to. */
export interface ProjectPair {
  readonly local: string;
  readonly peer: string | undefined;
}

/** @throws ProtectorError `sync.untrusted` unless the pinned peer signed exactly this document for this project. */
export function requireTrustedDocument(document: SyncDocument, delivery: Delivery, projects: ProjectPair): void {
  requireSigned(document, delivery);
  if (document.project_id !== projects.peer) {
    const mapped = projects.peer === undefined ? "not mapped there" : `mapped to ${projects.peer}`;
    throw untrusted(`The document is of project ${document.project_id}; project ${projects.local} is ${mapped}.`);
  }
  if (document.digest !== digestOf(document.decided))
    throw untrusted("The document's digest is not that of its content.");
  const pair = [document.decided.home_site_id, document.decided.other_site_id];
  if (!pair.includes(document.site_id)) throw untrusted("The document is of a group of other sites.");
}

/** @throws ProtectorError `sync.untrusted` unless the pinned peer signed this receipt for this group. */
export function requireTrustedReceipt(receipt: SyncReceipt, delivery: Delivery): void {
  requireSigned(receipt, delivery);
}

/** @throws ProtectorError `sync.conflict` for a receipt of something that this site never had. */
export function requireOwnVersion(group: ProtectionGroupRow, receipt: SyncReceipt): void {
  if (receipt.epoch < group.epoch || receipt.generation < group.generation) return;
  if (receipt.epoch === group.epoch && receipt.generation === group.generation && receipt.digest === group.digest)
    return;
  throw new ProtectorError(
    "sync.conflict",
    `The peer has epoch ${receipt.epoch}, generation ${receipt.generation}; this site has epoch ${group.epoch}, generation ${group.generation}.`,
  );
}

function requireSigned(
  body: { readonly signature: string; readonly site_id: string; readonly protection_group_id: string },
  { groupId, peer }: Delivery,
): void {
  if (body.protection_group_id !== groupId) {
    throw untrusted(`It is of protection group ${body.protection_group_id}, not of ${groupId}.`);
  }
  if (!peer || peer.is_local === 1) throw untrusted(`Site ${body.site_id}, which made it, is no registered peer.`);
  if (!isSignedBy(body, peer.signing_public_key)) {
    throw untrusted(`The document is not signed by site "${peer.name}" (${peer.id}) as registered here.`);
  }
}

function untrusted(detail: string): ProtectorError {
  return new ProtectorError("sync.untrusted", detail);
}
