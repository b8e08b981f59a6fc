#!/usr/bin/env node
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildClientPackage } from "./client-package.ts";
import { buildDebianPackage } from "./debian-package.ts";
import { ARCHITECTURES, type Architecture, fetchNodeBinary } from "./node-binary.ts";
import { buildNpmPackage } from "./npm-package.ts";
import { buildOpenstackclientPackages } from "./openstackclient-packages.ts";
import { ROOT, readRelease } from "./release.ts";
import { buildSingleExecutable } from "./single-executable.ts";

/*
 * `npm run package`: the npm tarballs of the programs and of the SDK, the plugin of openstackclient, and for each architecture the Debian package and the
 * single executable of the command, into dist/. A Node.js that cannot be fetched leaves its architecture out. Arguments
 * name what to build: `npm run package -- npm amd64`.
 */

const KINDS = ["npm", "client", "openstackclient", ...(Object.keys(ARCHITECTURES) as Architecture[])] as const;

const asked = process.argv.slice(2);
const release = readRelease();
const destination = join(ROOT, "dist");
const work = mkdtempSync(join(tmpdir(), "protector-package-"));
try {
  for (const kind of KINDS.filter((each) => asked.length === 0 || asked.includes(each))) await build(kind);
} finally {
  rmSync(work, { recursive: true, force: true });
}

async function build(kind: (typeof KINDS)[number]): Promise<void> {
  try {
    for (const file of await filesOf(kind, join(work, kind)))
      process.stdout.write(`${file}  ${(statSync(file).size / 1024 / 1024).toFixed(1)} MiB\n`);
  } catch (error) {
    process.stderr.write(`${kind}: not built: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}

async function filesOf(kind: (typeof KINDS)[number], folder: string): Promise<readonly string[]> {
  if (kind === "npm") return [await buildNpmPackage(release, folder, destination)];
  if (kind === "client") return [await buildClientPackage(release, folder, destination)];
  if (kind === "openstackclient") {
    const { wheel, deb } = buildOpenstackclientPackages(release, folder, destination);
    return [wheel, deb];
  }
  const node = fetchNodeBinary(release.nodeVersion, kind, work);
  const { executable, licences } = await buildSingleExecutable({
    release,
    architecture: kind,
    node,
    work: join(work, `executable-${kind}`),
    destination,
  });
  const deb = await buildDebianPackage({ release, architecture: kind, node, work: folder, destination });
  return [executable, licences, deb];
}
