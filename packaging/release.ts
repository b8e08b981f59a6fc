import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository. */
export const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** The programs of both packages, and the source that each starts from. */
export const PROGRAMS = {
  "protector-api": "packages/server/bin/protector-api.ts",
  "protector-engine": "packages/server/bin/protector-engine.ts",
  "protector-manage": "packages/server/bin/protector-manage.ts",
  "protector-status": "packages/server/bin/protector-status.ts",
  protector: "packages/cli/bin/protector.ts",
} as const;

export type ProgramName = keyof typeof PROGRAMS;

export const PROGRAM_NAMES = Object.keys(PROGRAMS) as readonly ProgramName[];

/** What package.json says about the release. */
export interface Release {
  readonly version: string;
  readonly description: string;
  /** SPDX. */
  readonly license: string;
  readonly keywords: readonly string[];
  readonly engines: { readonly node: string };
  /** Exact version of the Node.js that is developed, tested and shipped with. */
  readonly nodeVersion: string;
  /** Time of the commit, s since 1970, so that the same commit gives the same packages. */
  readonly time: number;
}

/** @throws Error when package.json cannot be read. */
export function readRelease(): Release {
  const { dependencies, ...manifest } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  return { ...manifest, nodeVersion: dependencies.node, time: timeOf(process.env.SOURCE_DATE_EPOCH) };
}

/** @param given `SOURCE_DATE_EPOCH` of https://reproducible-builds.org; the source may be no git checkout. */
function timeOf(given: string | undefined): number {
  if (given !== undefined) return Number(given);
  const shown = ["log", "-1", "--format=%ct"];
  return Number(execFileSync("git", shown, { cwd: ROOT, encoding: "utf8" }).trim());
}
