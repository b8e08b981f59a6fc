import type { KeptToken, TokenKeep } from "@protector/openstack";
import type { CloudEntry } from "./cloud-entry.ts";

/** Where small private files survive the process. None of it may throw: a cache that cannot be used is left alone. */
export interface PrivateFiles {
  /** Undefined when there is none, or when anybody but its owner could have written or read it. */
  read(path: string): string | undefined;
  /** Replaces it as a whole, readable by its owner only; its folder is made. */
  write(path: string, text: string): void;
  remove(path: string): void;
}

export interface TokenCacheOptions {
  /** Folder of the cache. */
  readonly folder: string;
  readonly files: PrivateFiles;
  /** Of a text, in hexadecimal digits. */
  readonly digest: (text: string) => string;
}

/** Format of the files; another number is another format. */
const VERSION = 1;

/** Folder of the cache: that of the XDG base directories; undefined without a home. */
export function tokenFolder(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const cache = env.XDG_CACHE_HOME || (env.HOME ? `${env.HOME}/.cache` : undefined);
  return cache && `${cache}/protector/tokens`;
}

/**
 * The kept token of a login. Its file is named by a digest of everything that makes the login, secrets included: whoever
 * changes the password gets another token, and the name tells nothing.
 */
export function tokenKeepOf(entry: CloudEntry, { folder, files, digest }: TokenCacheOptions): TokenKeep {
  // A one-time password is another one for each login.
  const auth = Object.entries(entry.auth).filter(([key]) => key !== "passcode");
  const inputs = [VERSION, entry.authType ?? null, auth.sort(), entry.isInsecure, entry.caFile ?? null];
  const path = `${folder}/${digest(JSON.stringify(inputs))}.json`;
  return {
    load: () => {
      const text = files.read(path);
      return text === undefined ? undefined : readToken(text);
    },
    save: (token) => files.write(path, JSON.stringify({ version: VERSION, ...token })),
    forget: () => files.remove(path),
  };
}

function readToken(text: string): KeptToken | undefined {
  try {
    const token = JSON.parse(text) as KeptToken & { readonly version?: number };
    return token.version === VERSION && typeof token.renewAt === "number" ? token : undefined;
  } catch {
    // Half a file of a machine that lost power: a login makes a new one.
    return undefined;
  }
}
