import { type KeptChoice, ProtectorError } from "@protector/contract";
import { listKeptSnapshots } from "../db/repositories/kept-snapshots.ts";
import { findSite } from "../db/repositories/sites.ts";
import type { Db } from "../db/transaction.ts";

/** Names that a refusal tells. */
const MOST_TOLD = 5;

/**
 * Refuses that a group goes while this site's engine keeps what is nowhere else of it, and nobody has said what becomes of that.
 * @throws ProtectorError `kept_snapshot.undecided` naming what is kept, and where.
 */
export async function requireKeptChoice(
  db: Db,
  group: { readonly id: string; readonly name: string },
  choice: KeptChoice | undefined,
): Promise<void> {
  if (choice !== undefined) return;
  const kept = await listKeptSnapshots(db, group.id);
  if (kept.length === 0) return;
  const told = await Promise.all(
    kept
      .slice(0, MOST_TOLD)
      .map(async ({ name, site_id }) => `${name} at ${(await findSite(db, site_id))?.name ?? site_id}`),
  );
  const more = kept.length > told.length ? `, and ${kept.length - told.length} more` : "";
  const detail = `What volumes of protection group "${group.name}" held is kept and nowhere else: ${told.join(", ")}${more}.`;
  throw new ProtectorError("kept_snapshot.undecided", detail);
}
