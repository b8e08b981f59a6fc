import { createHmac } from "node:crypto";

const STEP_MS = 30_000;
const DIGITS = 6;
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/**
 * The one-time password of a moment.
 * Source: RFC 6238 with SHA-1 and steps of 30 s, as Keystone's method `totp`.
 * @param secret base32, as the blob of a credential of type `totp` holds it.
 * @param at ms since the UNIX epoch.
 */
export function passcodeAt(secret: string, at: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / STEP_MS)));
  const digest = createHmac("sha1", fromBase32(secret)).update(counter).digest();
  const offset = (digest.at(-1) ?? 0) & 0xf;
  const code = (digest.readUInt32BE(offset) & 0x7fffffff) % 10 ** DIGITS;
  return String(code).padStart(DIGITS, "0");
}

/** Whether a passcode is right: that of now, or of one step before (`[totp] included_previous_windows` = 1). */
export function isPasscode(secret: string, given: unknown, now: number): boolean {
  return given === passcodeAt(secret, now) || given === passcodeAt(secret, now - STEP_MS);
}

function fromBase32(text: string): Buffer {
  const bits = [...text].map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, "0")).join("");
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}
