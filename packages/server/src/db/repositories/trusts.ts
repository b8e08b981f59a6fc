import { ENDED_OPERATION_STATUSES } from "@protector/contract";
import type { Insertable, Selectable } from "kysely";
import { writeTime } from "../codecs.ts";
import type { TrustsTable } from "../schema.ts";
import type { Db } from "../transaction.ts";

/** A trust that Keystone has made. */
export type TrustRow = Omit<Selectable<TrustsTable>, "trust_id"> & { readonly trust_id: string };

/** Usable trusts of a project, newest first; with `userId` those of one user. */
export function listUsableTrusts(
  db: Db,
  { projectId, userId }: { readonly projectId: string; readonly userId?: string },
): Promise<TrustRow[]> {
  let query = madeTrusts(db, projectId).where("is_usable", "=", 1);
  if (userId !== undefined) query = query.where("user_id", "=", userId);
  return query.execute();
}

/** All trusts that Keystone has made for a project, newest first, usable or not. */
export function listTrusts(db: Db, projectId: string): Promise<TrustRow[]> {
  return madeTrusts(db, projectId).execute();
}

function madeTrusts(db: Db, projectId: string) {
  return db
    .selectFrom("trusts")
    .selectAll()
    .where("project_id", "=", projectId)
    .where("state", "=", "made")
    .where("trust_id", "is not", null)
    .$narrowType<{ trust_id: string }>()
    .orderBy("created_at", "desc")
    .orderBy("id", "desc");
}

/** All of the site that are believed to yield a token. */
export function listLivingTrusts(db: Db): Promise<Pick<TrustRow, "id" | "trust_id">[]> {
  return db
    .selectFrom("trusts")
    .select(["id", "trust_id"])
    .where("state", "=", "made")
    .where("is_usable", "=", 1)
    .where("trust_id", "is not", null)
    .$narrowType<{ trust_id: string }>()
    .execute();
}

/** Notes that Keystone does not have a trust any more. */
export async function trustIsGone(db: Db, id: string, now: number): Promise<void> {
  await db
    .updateTable("trusts")
    .set({ is_usable: 0, checked_at: writeTime(now) })
    .where("id", "=", id)
    .execute();
}

export async function insertTrust(db: Db, row: Insertable<TrustsTable>): Promise<void> {
  await db.insertInto("trusts").values(row).execute();
}

/** Writes down which trust Keystone has made. */
export async function madeTrust(db: Db, id: string, trustId: string): Promise<void> {
  await db
    .updateTable("trusts")
    .set({ trust_id: trustId, known_before: null, state: "made", is_usable: 1 })
    .where("id", "=", id)
    .execute();
}

/** Notes that a request relies on a trust. @returns false when it has ended meanwhile. */
export async function needTrust(db: Db, id: string, now: number): Promise<boolean> {
  const result = await db
    .updateTable("trusts")
    .set({ needed_at: writeTime(now) })
    .where("id", "=", id)
    .where("state", "=", "made")
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** Trusts that were asked for before that time and of which nobody knows whether Keystone has made them. */
export function listForgottenTrusts(db: Db, before: number): Promise<Selectable<TrustsTable>[]> {
  return db
    .selectFrom("trusts")
    .selectAll()
    .where("state", "=", "making")
    .where("needed_at", "<=", writeTime(before))
    .orderBy("created_at")
    .execute();
}

/** Ids of all trusts at Keystone that this site's database knows of, of one user. */
export async function knownTrustIds(db: Db, userId: string): Promise<ReadonlySet<string>> {
  const rows = await db.selectFrom("trusts").select("trust_id").where("user_id", "=", userId).execute();
  return new Set(rows.flatMap(({ trust_id }) => trust_id ?? []));
}

/** What ends trusts of a site. */
export interface TrustEnd {
  readonly siteId: string;
  readonly now: number;
  /** ms since a request last relied on it: longer than a request lasts. */
  readonly restMs: number;
}

/**
 * Begins to end the trusts that nothing needs any more. A trust is needed while its project has a group, an operation of
 * this site that is not over, or a duty that this site owes; a dead one only while its user has no other.
 * @returns all whose end has begun and is not seen.
 */
export async function beginTrustEnds(db: Db, end: TrustEnd): Promise<readonly TrustRow[]> {
  for (const { id, needed_at } of await listSuperfluous(db, end)) {
    await db
      .updateTable("trusts")
      .set({ state: "ending", is_usable: 0 })
      .where("id", "=", id)
      .where("state", "=", "made")
      // A request that relies on it since then has raised the time.
      .where("needed_at", "=", needed_at)
      .execute();
  }
  return db
    .selectFrom("trusts")
    .selectAll()
    .where("state", "=", "ending")
    .where("trust_id", "is not", null)
    .$narrowType<{ trust_id: string }>()
    .orderBy("created_at")
    .execute();
}

function listSuperfluous(db: Db, { siteId, now, restMs }: TrustEnd) {
  return db
    .selectFrom("trusts")
    .select(["id", "needed_at"])
    .where("state", "=", "made")
    .where("needed_at", "<=", writeTime(now - restMs))
    .where((where) => {
      const { and, or, not, exists, selectFrom } = where;
      return or([
        and([
          not(
            exists(
              selectFrom("protection_groups")
                .select("id")
                .whereRef("protection_groups.project_id", "=", "trusts.project_id")
                .where("deleted_at", "is", null),
            ),
          ),
          not(
            exists(
              selectFrom("dr_operations")
                .select("id")
                .whereRef("dr_operations.project_id", "=", "trusts.project_id")
                .where("site_id", "=", siteId)
                .where("status", "not in", [...ENDED_OPERATION_STATUSES]),
            ),
          ),
          not(
            exists(
              selectFrom("duties")
                .innerJoin("protection_groups", "protection_groups.id", "duties.protection_group_id")
                .select("duties.id")
                .whereRef("protection_groups.project_id", "=", "trusts.project_id")
                .where("duties.site_id", "=", siteId)
                .where("duties.state", "=", "owed"),
            ),
          ),
        ]),
        and([
          where("trusts.is_usable", "=", 0),
          exists(
            selectFrom("trusts as newer")
              .select("newer.id")
              .whereRef("newer.project_id", "=", "trusts.project_id")
              .whereRef("newer.user_id", "=", "trusts.user_id")
              .where("newer.state", "=", "made")
              .where("newer.is_usable", "=", 1),
          ),
        ]),
      ]);
    })
    .execute();
}

/** Forgets a trust that Keystone does not have any more, or never made. */
export async function deleteTrust(db: Db, id: string): Promise<void> {
  await db.deleteFrom("trusts").where("id", "=", id).execute();
}
