import { createHash } from "node:crypto";
import { chownSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Random } from "@protector/ports";

const KEY_BYTES = 32;
const CURRENT = "current";

/** The keys that encrypt secrets at rest; the current one encrypts, all of them decrypt. */
export interface KeyRing {
  readonly currentId: string;
  /** AES-256 keys by their id. */
  readonly keys: ReadonlyMap<string, Uint8Array>;
}

/** Id of a key: the first 16 hex digits of its SHA-256. */
export function keyIdOf(key: Uint8Array): string {
  return createHash("sha256").update(key).digest("hex").slice(0, 16);
}

/** A ring with one new key. For the machine's own secrets `random` must be `systemRandom`. */
export function newKeyRing(random: Random): KeyRing {
  const key = random.bytes(KEY_BYTES);
  const id = keyIdOf(key);
  return { currentId: id, keys: new Map([[id, key]]) };
}

/**
 * Reads a key repository: one file `<key id>.key` per key (base64) and `current`, which names the one that encrypts.
 * @throws Error that names the directory when it is missing, empty or damaged.
 */
export function readKeyRing(directory: string): KeyRing {
  const keys = new Map<string, Uint8Array>();
  for (const name of readdirSync(directory).filter((file) => file.endsWith(".key"))) {
    const key = Buffer.from(readFileSync(join(directory, name), "utf8").trim(), "base64");
    const id = name.slice(0, -".key".length);
    if (key.length !== KEY_BYTES || keyIdOf(key) !== id) {
      throw new Error(`${join(directory, name)} is damaged: its content is not the key that its name says`);
    }
    keys.set(id, key);
  }
  const currentId = readFileSync(join(directory, CURRENT), "utf8").trim();
  if (!keys.has(currentId))
    throw new Error(`the key ${currentId}, which ${join(directory, CURRENT)} names, is missing`);
  return { currentId, keys };
}

/**
 * Adds a key to a repository and makes it the current one; makes the repository when it is not there. Directory 0700,
 * files 0600, all with the owner of the directory above, because `protector-manage` usually runs as root.
 * @throws Error of the file system.
 */
export function addKey(directory: string, random: Random): KeyRing {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const ring = newKeyRing(random);
  const key = ring.keys.get(ring.currentId) ?? new Uint8Array();
  writeOwned(directory, `${ring.currentId}.key`, Buffer.from(key).toString("base64"));
  writeOwned(directory, CURRENT, ring.currentId);
  giveToOwner(directory, directory);
  return readKeyRing(directory);
}

function writeOwned(directory: string, name: string, text: string): void {
  const path = join(directory, name);
  // Written beside it and renamed: a reader sees the old file or the whole new one.
  writeFileSync(`${path}.new`, `${text}\n`, { mode: 0o600 });
  giveToOwner(directory, `${path}.new`);
  renameSync(`${path}.new`, path);
}

function giveToOwner(directory: string, path: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(join(directory, ".."));
  chownSync(path, uid, gid);
}
