import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";

type Curve = "ed25519" | "x25519";

/** DER before the 32 bytes of the key itself. Source: RFC 8410, sections 4 and 7. */
const PRIVATE_PREFIX: Readonly<Record<Curve, string>> = {
  ed25519: "302e020100300506032b657004220420",
  x25519: "302e020100300506032b656e04220420",
};
const PUBLIC_PREFIX: Readonly<Record<Curve, string>> = {
  ed25519: "302a300506032b6570032100",
  x25519: "302a300506032b656e032100",
};
const KEY_BYTES = 32;

/**
 * A private key from its 32 bytes.
 * @throws RangeError for another length.
 */
export function privateKeyOf(curve: Curve, bytes: Uint8Array): KeyObject {
  return createPrivateKey({ key: withPrefix(PRIVATE_PREFIX[curve], bytes), format: "der", type: "pkcs8" });
}

/**
 * A public key from its 32 bytes.
 * @throws RangeError for another length.
 */
export function publicKeyOf(curve: Curve, bytes: Uint8Array): KeyObject {
  return createPublicKey({ key: withPrefix(PUBLIC_PREFIX[curve], bytes), format: "der", type: "spki" });
}

/** The 32 bytes of the public half of a private key. */
export function publicBytesOf(privateKey: KeyObject): Buffer {
  return createPublicKey(privateKey).export({ format: "der", type: "spki" }).subarray(-KEY_BYTES);
}

function withPrefix(prefix: string, bytes: Uint8Array): Buffer {
  if (bytes.length !== KEY_BYTES) throw new RangeError(`a key has ${KEY_BYTES} bytes, not ${bytes.length}`);
  return Buffer.concat([Buffer.from(prefix, "hex"), bytes]);
}
