import { createCipheriv, createDecipheriv } from "node:crypto";

const IV_BYTES = 12;
const TAG_BYTES = 16;

/** What AES-256-GCM needs beside the text. `context` is authenticated, not stored. */
export interface AeadKey {
  /** 32 bytes. */
  readonly key: Uint8Array;
  readonly context: string;
}

/** Base64 of IV, tag and ciphertext. The 12 bytes of `iv` must never repeat under one key. */
export function encryptText(text: string, { key, context }: AeadKey, iv: Uint8Array): string {
  const cipher = createCipheriv("aes-256-gcm", key, iv);
  cipher.setAAD(Buffer.from(context, "utf8"));
  const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), body]).toString("base64");
}

/**
 * The text again.
 * @throws Error when key, context or bytes are not those of the encryption.
 */
export function decryptText(encrypted: string, { key, context }: AeadKey): string {
  const bytes = Buffer.from(encrypted, "base64");
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(context, "utf8"));
  decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  return decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES), undefined, "utf8") + decipher.final("utf8");
}
