import { createHash } from "node:crypto";
import {
  canonicalJson,
  type DecidedPlan,
  type PlannedGroup,
  ProtectorError,
  type RecoveryPlanDocument,
} from "@protector/contract";
import { flag, readJson, writeJson, writeTime } from "../db/codecs.ts";
import { listPlanGroups, type RecoveryPlanRow, saveRecoveryPlan } from "../db/repositories/recovery-plans.ts";
import type { SiteRow } from "../db/repositories/sites.ts";
import type { Db } from "../db/transaction.ts";
import { requireStartOrder } from "./member-order.ts";
import { isSignedBy } from "./signatures.ts";
import type { SiteIdentity } from "./site-identity.ts";

/** What people decided about a plan, from its rows. */
export async function readPlan(db: Db, { id, name, description, concurrency }: RecoveryPlanRow): Promise<DecidedPlan> {
  const rows = await listPlanGroups(db, id);
  const groups = rows.map((row) => ({
    protection_group_id: row.protection_group_id,
    tier: row.tier,
    depends_on: [...readJson(row.depends_on)],
    delay_seconds: row.delay_seconds,
    is_critical: row.is_critical === 1,
  }));
  return { name, description, concurrency, groups };
}

/** SHA-256 of what was decided, hex; the same at both sites. */
export function digestOfPlan(decided: DecidedPlan): string {
  return createHash("sha256").update(canonicalJson(decided)).digest("hex");
}

/** A plan with its version. */
export interface PlanVersion {
  readonly id: string;
  readonly projectId: string;
  readonly decided: DecidedPlan;
  readonly generation: number;
  readonly isDeleted: boolean;
  /** When it was first written here, as the database has it. */
  readonly createdAt?: string;
  /** ms since the UNIX epoch. */
  readonly now: number;
}

/**
 * Writes a plan over whatever was there.
 * @throws ProtectorError `recovery_plan.name_exists`
 */
export async function writePlan(db: Db, version: PlanVersion): Promise<void> {
  const { id, projectId, decided, generation, isDeleted, createdAt, now } = version;
  const at = writeTime(now);
  const row = {
    id,
    project_id: projectId,
    name: decided.name,
    description: decided.description,
    concurrency: decided.concurrency,
    generation,
    digest: digestOfPlan(decided),
    deleted_at: isDeleted ? at : null,
    created_at: createdAt ?? at,
    updated_at: at,
  };
  const places = decided.groups.map((group) => ({
    protection_group_id: group.protection_group_id,
    tier: group.tier,
    depends_on: writeJson([...group.depends_on]),
    delay_seconds: group.delay_seconds,
    is_critical: flag(group.is_critical),
  }));
  await saveRecoveryPlan(db, row, places);
}

/**
 * Refuses an order that cannot be carried out.
 * @param nameOf name of a group; undefined for one that the project does not have.
 * @throws ProtectorError `recovery_plan.invalid` for a group twice, one that is not there, or a dependency outside of the
 * plan; `recovery_plan.cycle`.
 */
export function requirePossiblePlan(groups: readonly PlannedGroup[], nameOf: (id: string) => string | undefined): void {
  const seen = new Set<string>();
  for (const { protection_group_id: id } of groups) {
    const name = nameOf(id);
    if (name === undefined)
      throw new ProtectorError("recovery_plan.invalid", `The project has no protection group ${id}.`);
    if (seen.has(id))
      throw new ProtectorError("recovery_plan.invalid", `Protection group "${name}" is in the plan twice.`);
    seen.add(id);
  }
  const ordered = groups.map(({ protection_group_id: id, tier, depends_on: dependsOn }) => {
    return { id, name: nameOf(id) ?? id, tier, dependsOn };
  });
  const place = "in the plan";
  requireStartOrder(ordered, {
    noun: "Protection group",
    place,
    dangling: "recovery_plan.invalid",
    cycle: "recovery_plan.cycle",
  });
}

/** The plan as it travels, signed by this site. */
export async function planDocument(
  db: Db,
  identity: Pick<SiteIdentity, "siteId" | "sign">,
  { row, now }: { readonly row: RecoveryPlanRow; readonly now: number },
): Promise<RecoveryPlanDocument> {
  const decided = await readPlan(db, row);
  return identity.sign({
    format: 1 as const,
    site_id: identity.siteId,
    recovery_plan_id: row.id,
    project_id: row.project_id,
    generation: row.generation,
    is_deleted: row.deleted_at !== null,
    digest: digestOfPlan(decided),
    decided,
    issued_at: new Date(now).toISOString(),
  });
}

/** @throws ProtectorError `sync.untrusted` unless the pinned peer signed exactly this document for this project. */
export function requireTrustedPlan(
  document: RecoveryPlanDocument,
  {
    planId,
    peer,
    peerProjectId,
  }: { readonly planId: string; readonly peer: SiteRow | undefined; readonly peerProjectId: string | undefined },
): void {
  const refuse = (detail: string) => new ProtectorError("sync.untrusted", detail);
  if (document.recovery_plan_id !== planId)
    throw refuse(`It is of recovery plan ${document.recovery_plan_id}, not of ${planId}.`);
  if (!peer || peer.is_local === 1) throw refuse(`Site ${document.site_id}, which made it, is no registered peer.`);
  if (!isSignedBy(document, peer.signing_public_key))
    throw refuse(`It is not signed by site "${peer.name}" (${peer.id}) as registered here.`);
  if (document.project_id !== peerProjectId)
    throw refuse(`The document is of project ${document.project_id}, which is not the one mapped to this project.`);
  if (document.digest !== digestOfPlan(document.decided))
    throw refuse("The document's digest is not that of its content.");
}

/**
 * Whether a document stands over what is held: the higher generation, then a deletion, then the greater digest. The same
 * at both sites, whoever carries first; negative when what is held is newer.
 */
export function comparePlans(
  document: Pick<RecoveryPlanDocument, "generation" | "is_deleted" | "digest">,
  held: Pick<RecoveryPlanRow, "generation" | "deleted_at" | "digest">,
): number {
  return (
    document.generation - held.generation ||
    Number(document.is_deleted) - Number(held.deleted_at !== null) ||
    (document.digest < held.digest ? -1 : document.digest > held.digest ? 1 : 0)
  );
}
