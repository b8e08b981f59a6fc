import { closeSync, fstatSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { systemRandom } from "@protector/ports";
import type { PrivateFiles } from "./cloud/token-cache.ts";

/** Permission bits of everybody but the owner. */
const OTHERS = 0o077;

/** Files of this machine that only their owner can read. A disk that is full or read-only costs a login, nothing else. */
export const privateFiles: PrivateFiles = {
  read: (path) => attempt(() => readPrivate(path)),
  write: (path, text) => {
    const part = `${path}.${systemRandom.uuid()}`;
    attempt(() => {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      writeFileSync(part, text, { mode: 0o600, flag: "wx" });
      renameSync(part, path);
    });
    attempt(() => rmSync(part, { force: true }));
  },
  remove: (path) => {
    attempt(() => rmSync(path, { force: true }));
  },
};

/** What others could have written is not believed, what they can read is not used. */
function readPrivate(path: string): string | undefined {
  const file = openSync(path, "r");
  try {
    const { mode, uid } = fstatSync(file);
    return (mode & OTHERS) === 0 && uid === process.getuid?.() ? readFileSync(file, "utf8") : undefined;
  } finally {
    closeSync(file);
  }
}

function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}
