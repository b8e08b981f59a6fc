import { chmodSync, cpSync, existsSync, mkdirSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { buildDebianPackage } from "../../../packaging/debian-package.ts";
import { buildNpmPackage } from "../../../packaging/npm-package.ts";
import { buildOpenstackclientPackages } from "../../../packaging/openstackclient-packages.ts";
import { readRelease } from "../../../packaging/release.ts";
import { libatomicPackage } from "../clouds/libatomic.ts";
import { mustRun } from "../machines/command.ts";
import type { Machine } from "../machines/machine.ts";

/** Built packages, and the library that their Node.js needs and a controller may not have. */
export interface HostPackages {
  readonly npm: string;
  readonly debian: string;
  /** Plugin of the `openstack` command. */
  readonly plugin: string;
  readonly libatomic: string;
}

/**
 * Builds the packages from this checkout.
 * @param folder is emptied.
 */
export async function buildHostPackages(folder: string): Promise<HostPackages> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const release = readRelease();
  const npm = await buildNpmPackage(release, join(folder, "npm"), folder);
  // The Node.js of this process in place of a fetched one, which is the same.
  const node = { path: process.execPath, licence: "See the package that npm run package builds." };
  const architecture = process.arch === "arm64" ? "arm64" : "amd64";
  const work = join(folder, "debian");
  const options = { release, architecture, node, work, destination: folder, compression: "none" } as const;
  const debian = await buildDebianPackage(options);
  const { deb: plugin } = buildOpenstackclientPackages(release, join(folder, "openstackclient"), folder);
  return { npm, debian, plugin, libatomic: libatomicPackage() };
}

/** Puts a file beside the operator who types `./name`. */
export function bringFile(machine: Machine, file: string): void {
  machine.copyIn(file, join("/root", file.slice(dirname(file).length)));
}

/** Node.js and npm in /usr/local, as the archive of nodejs.org leaves them. */
export async function bringNode(machine: Machine): Promise<void> {
  machine.copyIn(process.execPath, "/usr/local/bin/node", { mode: 0o755 });
  const npmProgram = realpathSync((await mustRun("sh", ["-c", "command -v npm"])).trim());
  const npm = join(machine.root, "usr/local/lib/node_modules/npm");
  cpSync(dirname(dirname(npmProgram)), npm, { recursive: true });
  chmodSync(join(npm, "bin/npm-cli.js"), 0o755);
  const link = join(machine.root, "usr/local/bin/npm");
  if (!existsSync(link)) symlinkSync("../lib/node_modules/npm/bin/npm-cli.js", link);
}
