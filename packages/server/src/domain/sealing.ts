import { diffieHellman, hkdfSync, type KeyObject } from "node:crypto";
import type { Random } from "@protector/ports";
import { decryptText, encryptText } from "./aead.ts";
import { privateKeyOf, publicBytesOf, publicKeyOf } from "./raw-keys.ts";

const PUBLIC_KEY_BASE64_LENGTH = 44;
const INFO = "protector sealed box 1";

/**
 * Seals a text for the holder of an X25519 key: an ephemeral key agreement, HKDF-SHA-256 over both public keys, then
 * AES-256-GCM with `context` authenticated. Answer: base64 of the ephemeral public key, then of the box.
 */
export function seal(
  text: string,
  to: { readonly publicKey: string; readonly context: string },
  random: Random,
): string {
  const ephemeral = privateKeyOf("x25519", random.bytes(32));
  const ephemeralPublic = publicBytesOf(ephemeral);
  const recipient = Buffer.from(to.publicKey, "base64");
  const shared = diffieHellman({ privateKey: ephemeral, publicKey: publicKeyOf("x25519", recipient) });
  const key = deriveKey(shared, ephemeralPublic, recipient);
  return ephemeralPublic.toString("base64") + encryptText(text, { key, context: to.context }, random.bytes(12));
}

/**
 * Opens what {@link seal} made.
 * @throws Error when it was sealed for another key, with another context, or changed on the way.
 */
export function unseal(sealed: string, by: { readonly privateKey: KeyObject; readonly context: string }): string {
  const ephemeralPublic = Buffer.from(sealed.slice(0, PUBLIC_KEY_BASE64_LENGTH), "base64");
  const shared = diffieHellman({ privateKey: by.privateKey, publicKey: publicKeyOf("x25519", ephemeralPublic) });
  const key = deriveKey(shared, ephemeralPublic, publicBytesOf(by.privateKey));
  return decryptText(sealed.slice(PUBLIC_KEY_BASE64_LENGTH), { key, context: by.context });
}

function deriveKey(shared: Buffer, ephemeralPublic: Buffer, recipientPublic: Buffer): Buffer {
  return Buffer.from(hkdfSync("sha256", shared, Buffer.concat([ephemeralPublic, recipientPublic]), INFO, 32));
}
