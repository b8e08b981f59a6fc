import type { Insertable, Selectable } from "kysely";
import type { SecretsTable } from "../schema.ts";
import type { Db } from "../transaction.ts";

export type SecretRow = Selectable<SecretsTable>;

export function findSecret(db: Db, id: string): Promise<SecretRow | undefined> {
  return db.selectFrom("secrets").selectAll().where("id", "=", id).executeTakeFirst();
}

/** Secrets that are not under `keyId`: what a rotation still has to do. */
export function listSecretsNotUnder(db: Db, keyId: string): Promise<SecretRow[]> {
  return db.selectFrom("secrets").selectAll().where("key_id", "!=", keyId).orderBy("id").execute();
}

export async function insertSecret(db: Db, row: Insertable<SecretsTable>): Promise<void> {
  await db.insertInto("secrets").values(row).execute();
}

/** Puts another ciphertext in the place of one under `fromKeyId`; a secret that somebody else replaced stays. */
export async function reencryptSecret(
  db: Db,
  { id, fromKeyId, keyId, ciphertext }: Pick<SecretRow, "id" | "ciphertext"> & { fromKeyId: string; keyId: string },
): Promise<boolean> {
  const result = await db
    .updateTable("secrets")
    .set({ key_id: keyId, ciphertext })
    .where("id", "=", id)
    .where("key_id", "=", fromKeyId)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** @returns whether there was such a secret. */
export async function deleteSecret(db: Db, id: string): Promise<boolean> {
  const result = await db.deleteFrom("secrets").where("id", "=", id).executeTakeFirst();
  return result.numDeletedRows > 0n;
}
