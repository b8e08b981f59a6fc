import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { changelogText, MAINTAINER } from "./debian-texts.ts";
import { type Release, ROOT } from "./release.ts";
import { runTool } from "./run-tool.ts";

/** Python of the distribution: other ones in the path lack its setuptools. */
export const PYTHON = "/usr/bin/python3";

/** Why the packages cannot be built here; undefined = they can. */
export function whyNoWheel(): string | undefined {
  const found = spawnSync(PYTHON, ["-c", "import setuptools, wheel"]).status === 0;
  return found
    ? undefined
    : `${PYTHON} with setuptools and wheel is needed: apt install python3-setuptools python3-wheel`;
}

/**
 * Builds the plugin of openstackclient: `python_protectorclient-<version>-py3-none-any.whl` and
 * `python3-protectorclient_<version>_all.deb`.
 * @param work empty folder for what goes into them.
 * @param destination folder of the packages.
 * @throws Error when Python or its tools are missing.
 */
export function buildOpenstackclientPackages(
  release: Release,
  work: string,
  destination: string,
): { readonly wheel: string; readonly deb: string } {
  const reason = whyNoWheel();
  if (reason !== undefined) throw new Error(reason);
  mkdirSync(destination, { recursive: true });
  const wheel = buildWheel(release, join(work, "source"), destination);
  return { wheel, deb: buildDeb(release, { wheel, tree: join(work, "tree"), destination }) };
}

function buildWheel(release: Release, source: string, destination: string): string {
  const isSource = (path: string) => !/__pycache__|\.egg-info|\/(build|dist)$/.test(path.slice(ROOT.length));
  cpSync(join(ROOT, "plugins/osc"), source, { recursive: true, filter: isSource });
  cpSync(join(ROOT, "LICENSE"), join(source, "LICENSE"));
  const env = { ...process.env, SOURCE_DATE_EPOCH: String(release.time) };
  const program = "import os, runpy, sys; os.chdir(sys.argv.pop(1)); runpy.run_path('setup.py', run_name='__main__')";
  runTool(PYTHON, ["-c", program, source, "--quiet", "bdist_wheel", "--dist-dir", destination], env);
  return join(destination, `python_protectorclient-${release.version}-py3-none-any.whl`);
}

interface DebPlaces {
  readonly wheel: string;
  readonly tree: string;
  readonly destination: string;
}

function buildDeb(release: Release, { wheel, tree, destination }: DebPlaces): string {
  const packages = join(tree, "usr/lib/python3/dist-packages");
  const docs = join(tree, "usr/share/doc/python3-protectorclient");
  for (const folder of [packages, docs, join(tree, "DEBIAN")]) mkdirSync(folder, { recursive: true });
  runTool(PYTHON, ["-m", "zipfile", "-e", wheel, packages]);
  writeFileSync(
    join(docs, "copyright"),
    "Protector is licensed under the Apache License, Version 2.0, which is in\n/usr/share/common-licenses/Apache-2.0.\n",
  );
  writeFileSync(join(docs, "changelog.gz"), gzipSync(changelogText(release), { level: 9 }));
  writeFileSync(join(tree, "DEBIAN/control"), controlText(release));
  for (const entry of readdirSync(tree, { withFileTypes: true, recursive: true }))
    chmodSync(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o644);
  chmodSync(tree, 0o755);
  const file = join(destination, `python3-protectorclient_${release.version}_all.deb`);
  rmSync(file, { force: true });
  const env = { ...process.env, SOURCE_DATE_EPOCH: String(release.time) };
  runTool("dpkg-deb", ["--root-owner-group", "-Zxz", "--build", tree, file], env);
  return file;
}

function controlText({ version }: Release): string {
  return `Package: python3-protectorclient
Version: ${version}
Architecture: all
Maintainer: ${MAINTAINER}
Depends: python3 (>= 3.8), python3-cliff, python3-openstackclient (>= 5.4), python3-osc-lib
Recommends: protector
Section: python
Priority: optional
Description: disaster recovery for OpenStack - plugin of openstackclient
 Adds "openstack protector" and "openstack dr" to the openstack command. The
 work is done by the protector command, which the package protector has.
`;
}
