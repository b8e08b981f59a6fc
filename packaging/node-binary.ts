import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { runTool } from "./run-tool.ts";

/** Architectures of Debian that Node.js is published for, and its own words for them. */
export const ARCHITECTURES = { amd64: "x64", arm64: "arm64" } as const;

export type Architecture = keyof typeof ARCHITECTURES;

/** A Node.js to ship. */
export interface NodeBinary {
  /** Path of the program. */
  readonly path: string;
  /** Text of its licence, and of the licences of what it is made of. */
  readonly licence: string;
}

/**
 * Gets the published Node.js for an architecture from the npm registry (or npm's cache); npm checks its digest.
 * @param work folder to keep it in.
 * @throws Error when it cannot be had.
 */
export function fetchNodeBinary(version: string, architecture: Architecture, work: string): NodeBinary {
  const name = `node-linux-${ARCHITECTURES[architecture]}`;
  const folder = join(work, name);
  mkdirSync(folder, { recursive: true });
  runTool("npm", ["pack", `${name}@${version}`, "--pack-destination", folder, "--silent", "--prefer-offline"]);
  const wanted = ["package/bin/node", "package/LICENSE"];
  runTool("tar", ["-xzf", join(folder, `${name}-${version}.tgz`), "-C", folder, ...wanted]);
  return { path: join(folder, "package/bin/node"), licence: readFileSync(join(folder, "package/LICENSE"), "utf8") };
}
