import { copyFileSync, cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeBundle } from "./bundle.ts";
import { licencesText } from "./licences.ts";
import { PROGRAM_NAMES, type Release, ROOT } from "./release.ts";
import { runTool } from "./run-tool.ts";

const README = `# Protector

Disaster recovery for OpenStack: \`protector-api\`, \`protector-engine\`, \`protector-manage\`, \`protector-status\` and the
\`protector\` command. Needs Node.js 26 or newer and no other package: \`npm install --global --offline <this file>\` works
without network. \`systemd/\` has the unit files.
`;

/**
 * Builds `protector-<version>.tgz`, for `npm install -g`.
 * @param work empty folder for what goes into it.
 * @param destination folder of the tarball.
 * @returns path of the tarball.
 */
export async function buildNpmPackage(release: Release, work: string, destination: string): Promise<string> {
  const { packageFolders } = await writeBundle(work, release, "/usr/bin/env node");
  const { version, description, license, keywords, engines } = release;
  const bin = Object.fromEntries(PROGRAM_NAMES.map((name) => [name, `bin/${name}.cjs`]));
  const manifest = { name: "protector", version, description, license, keywords, type: "module", bin, engines };
  writeFileSync(join(work, "package.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);
  writeFileSync(join(work, "README.md"), README);
  writeFileSync(join(work, "THIRD-PARTY-LICENSES.txt"), licencesText(packageFolders));
  copyFileSync(join(ROOT, "LICENSE"), join(work, "LICENSE"));
  for (const folder of ["systemd", "prometheus"])
    cpSync(join(ROOT, "deploy", folder), join(work, folder), { recursive: true });
  mkdirSync(destination, { recursive: true });
  runTool("npm", ["pack", work, "--pack-destination", destination, "--silent", "--offline", "--ignore-scripts"]);
  return join(destination, `protector-${version}.tgz`);
}
