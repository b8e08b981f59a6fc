import { ProtectorError } from "@protector/contract";
import type { Random } from "@protector/ports";
import { writeTime } from "../db/codecs.ts";
import {
  deleteSecret,
  findSecret,
  insertSecret,
  listSecretsNotUnder,
  reencryptSecret,
} from "../db/repositories/secrets.ts";
import type { Db } from "../db/transaction.ts";
import { decryptText, encryptText } from "./aead.ts";
import type { KeyRing } from "./key-ring.ts";

/** What a secret is for; stands in its row and is authenticated with it. */
export type SecretPurpose = "site_password" | "site_private_keys" | "array_token" | "canary";

const CANARY_ID = "00000000-0000-0000-0000-000000000000";
const CANARY_TEXT = "protector";

/** Secrets at rest: AES-256-GCM under the key repository's key, bound to their row by purpose and id. */
export class SecretStore {
  readonly #ring: KeyRing;
  readonly #random: Random;

  constructor(ring: KeyRing, random: Random) {
    this.#ring = ring;
    this.#random = random;
  }

  /** Keeps a text; answers the id of its row. @param now ms since the UNIX epoch. */
  async put(db: Db, secret: { readonly purpose: SecretPurpose; readonly text: string }, now: number) {
    const id = this.#random.uuid();
    await this.#insert(db, { ...secret, id }, now);
    return id;
  }

  /**
   * A kept text.
   * @throws ProtectorError `secrets.unavailable` when the row is gone or this host does not have its key.
   */
  async read(db: Db, id: string, purpose: SecretPurpose): Promise<string> {
    const row = await findSecret(db, id);
    if (!row) throw new ProtectorError("secrets.unavailable", `Secret ${id} (${purpose}) is not in the database.`);
    return this.#decrypt(row, purpose);
  }

  async remove(db: Db, id: string): Promise<void> {
    await deleteSecret(db, id);
  }

  /**
   * Proves that this host's keys are those that the database was written with; writes the proof into an empty database.
   * @throws ProtectorError `secrets.unavailable`: do not start.
   */
  async requireCanary(db: Db, now: number): Promise<void> {
    const row = await findSecret(db, CANARY_ID);
    if (row) this.#decrypt(row, "canary");
    else await this.#insert(db, { id: CANARY_ID, purpose: "canary", text: CANARY_TEXT }, now);
  }

  /** Writes every secret again under the current key. @returns number of rows changed. */
  async reencrypt(db: Db): Promise<number> {
    const keyId = this.#ring.currentId;
    let changed = 0;
    for (const { id, purpose, ...kept } of await listSecretsNotUnder(db, keyId)) {
      const text = this.#decrypt({ id, ...kept }, purpose);
      const ciphertext = this.#encrypt({ id, purpose, text });
      if (await reencryptSecret(db, { id, fromKeyId: kept.key_id, keyId, ciphertext })) changed += 1;
    }
    return changed;
  }

  async #insert(
    db: Db,
    secret: { readonly id: string; readonly purpose: SecretPurpose; readonly text: string },
    now: number,
  ): Promise<void> {
    const { id, purpose } = secret;
    const row = { id, purpose, key_id: this.#ring.currentId, ciphertext: this.#encrypt(secret) };
    await insertSecret(db, { ...row, created_at: writeTime(now) });
  }

  #encrypt({ id, purpose, text }: { readonly id: string; readonly purpose: string; readonly text: string }): string {
    const key = this.#key(this.#ring.currentId);
    return encryptText(text, { key, context: contextOf(purpose, id) }, this.#random.bytes(12));
  }

  #decrypt(
    row: { readonly id: string; readonly key_id: string; readonly ciphertext: string },
    purpose: string,
  ): string {
    try {
      return decryptText(row.ciphertext, { key: this.#key(row.key_id), context: contextOf(purpose, row.id) });
    } catch (cause) {
      if (cause instanceof ProtectorError) throw cause;
      throw new ProtectorError("secrets.unavailable", `Secret ${row.id} (${purpose}) cannot be decrypted.`, { cause });
    }
  }

  #key(id: string): Uint8Array {
    const key = this.#ring.keys.get(id);
    if (key) return key;
    const held = [...this.#ring.keys.keys()].join(", ");
    const detail = `The database is encrypted under key ${id}; this host's key repository has only ${held || "none"}.`;
    throw new ProtectorError("secrets.unavailable", detail);
  }
}

function contextOf(purpose: string, id: string): string {
  return `${purpose}:${id}`;
}
