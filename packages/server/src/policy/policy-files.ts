import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { PolicyText } from "./rule-set.ts";

/** `[oslo_policy] policy_file` and `policy_dirs`. */
export interface PolicyFileOptions {
  readonly policyFile: string;
  /** Relative to the directory of `policyFile`. */
  readonly policyDirs: readonly string[];
}

/** Files that exist, the main one first, then those of the directories by name. */
export function findPolicyFiles(options: PolicyFileOptions): readonly string[] {
  const directories = options.policyDirs.map((directory) => resolve(dirname(options.policyFile), directory));
  const inDirectories = directories.flatMap((directory) => {
    const names = ifThere(() => readdirSync(directory)) ?? [];
    return names
      .filter((name) => /\.(ya?ml|json)$/.test(name) && !name.startsWith("."))
      .sort()
      .map((name) => join(directory, name));
  });
  return [options.policyFile, ...inDirectories].filter((file) => ifThere(() => statSync(file)) !== undefined);
}

export function readPolicyFiles(files: readonly string[]): readonly PolicyText[] {
  return files.map((file) => ({ file, text: readFileSync(file, "utf8") }));
}

/** Changes when a file appears, goes, or is written. */
export function fingerprint(files: readonly string[]): string {
  return files.map((file) => `${file}:${ifThere(() => statSync(file))?.mtimeMs ?? 0}`).join("|");
}

function ifThere<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}
