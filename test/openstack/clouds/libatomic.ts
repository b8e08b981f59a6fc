import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { mustRun } from "../machines/command.ts";
import { BASE_FOLDER } from "./paths.ts";

const FOLDER = join(BASE_FOLDER, "libraries");

/**
 * Fetches Debian's package of the library that Node.js needs and a controller may not have; kept between runs. It is
 * fetched before the clouds are entered: beside them there is no way out.
 */
export async function ensureLibatomic(): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  if (findPackage() === undefined) await mustRun("apt-get", ["download", "--quiet", "libatomic1"], { cwd: FOLDER });
  libatomicPackage();
}

/**
 * Path of the package on this host.
 * @throws Error when it has not been fetched.
 */
export function libatomicPackage(): string {
  const name = findPackage();
  if (name === undefined) throw new Error(`${FOLDER} has no package of libatomic1; npm run openstack:up fetches it.`);
  return join(FOLDER, name);
}

function findPackage(): string | undefined {
  return readdirSync(FOLDER).find((name) => name.endsWith(".deb"));
}
