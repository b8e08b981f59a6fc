import { sign, verify } from "node:crypto";
import { canonicalJson } from "@protector/contract";
import { privateKeyOf, publicKeyOf } from "./raw-keys.ts";

/** Ed25519 signature, base64, over the canonical JSON of everything but `signature`. */
export function signatureOf(body: object, privateKey: Uint8Array): string {
  return sign(null, signedBytes(body), privateKeyOf("ed25519", privateKey)).toString("base64");
}

/** The same over the bytes of a text as they are. */
export function textSignatureOf(text: string, privateKey: Uint8Array): string {
  return sign(null, Buffer.from(text, "utf8"), privateKeyOf("ed25519", privateKey)).toString("base64");
}

/** Whether the `signature` of a body is that of the key (32 bytes, base64). */
export function isSignedBy(body: object & { readonly signature: string }, publicKey: string): boolean {
  const key = publicKeyOf("ed25519", Buffer.from(publicKey, "base64"));
  return verify(null, signedBytes(body), key, Buffer.from(body.signature, "base64"));
}

function signedBytes(body: object): Buffer {
  return Buffer.from(canonicalJson({ ...body, signature: undefined }), "utf8");
}
