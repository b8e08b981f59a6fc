import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { COMPLETION_SCRIPTS } from "@protector/cli";
import { writeBundle } from "./bundle.ts";
import { changelogText, controlText, copyrightText } from "./debian-texts.ts";
import { licencesText } from "./licences.ts";
import type { Architecture, NodeBinary } from "./node-binary.ts";
import { PROGRAM_NAMES, type Release, ROOT } from "./release.ts";
import { runTool } from "./run-tool.ts";

/** Where the code and its Node.js live on the machine. */
const HOME = "usr/lib/protector";
const CONFIGURATION = "etc/protector/protector.conf";
const MAINTAINER_SCRIPTS = ["postinst", "prerm", "postrm"] as const;

export interface DebianPackageOptions {
  readonly release: Release;
  readonly architecture: Architecture;
  readonly node: NodeBinary;
  /** Empty folder for what goes into it. */
  readonly work: string;
  /** Folder of the package. */
  readonly destination: string;
  /** Default `xz`, which takes a minute; `none` is quick and big. */
  readonly compression?: "xz" | "none";
}

/**
 * Builds `protector_<version>_<architecture>.deb`: programs in /usr/bin with a Node.js of their own, unit files, and
 * scripts that make the system user and its folders. Nothing is started by itself.
 * @returns path of the package.
 */
export async function buildDebianPackage(options: DebianPackageOptions): Promise<string> {
  const { release, architecture, node, work, destination, compression = "xz" } = options;
  const home = join(work, HOME);
  const { packageFolders } = await writeBundle(home, release, `/${HOME}/bin/node`);
  const put = (path: string, content: string | Uint8Array, mode = 0o644) => {
    mkdirSync(dirname(join(work, path)), { recursive: true });
    writeFileSync(join(work, path), content, { mode });
  };
  put(`${HOME}/package.json`, '{ "type": "module" }\n');
  copyFileSync(node.path, join(home, "bin/node"));
  putCommands(work);
  for (const name of readdirSync(join(ROOT, "deploy/systemd"))) {
    const unit = readFileSync(join(ROOT, "deploy/systemd", name), "utf8");
    put(`lib/systemd/system/${name}`, unit.replaceAll("/usr/local/bin/", "/usr/bin/"));
  }
  for (const name of readdirSync(join(ROOT, "deploy/prometheus")))
    put(`usr/share/doc/protector/prometheus/${name}`, readFileSync(join(ROOT, "deploy/prometheus", name)));
  put(CONFIGURATION, readFileSync(join(ROOT, "packaging/debian/protector.conf")), 0o600);
  for (const [shell, path] of Object.entries(COMPLETIONS))
    put(path, COMPLETION_SCRIPTS[shell as keyof typeof COMPLETIONS]);
  put("usr/share/doc/protector/copyright", copyrightText(licencesText(packageFolders), node.licence));
  put("usr/share/doc/protector/changelog.gz", gzipSync(changelogText(release), { level: 9 }));
  setModes(work);
  const installedKib = Math.ceil(filesOf(work).reduce((sum, file) => sum + statSync(file).size, 0) / 1024);
  const sums = md5sums(work);
  put("DEBIAN/control", controlText({ release, architecture, installedKib }));
  put("DEBIAN/conffiles", `/${CONFIGURATION}\n`);
  put("DEBIAN/md5sums", sums);
  for (const name of MAINTAINER_SCRIPTS)
    put(`DEBIAN/${name}`, readFileSync(join(ROOT, "packaging/debian", name)), 0o755);
  const file = join(destination, `protector_${release.version}_${architecture}.deb`);
  mkdirSync(destination, { recursive: true });
  rmSync(file, { force: true });
  const env = { ...process.env, SOURCE_DATE_EPOCH: String(release.time) };
  runTool("dpkg-deb", ["--root-owner-group", `-Z${compression}`, "--build", work, file], env);
  return file;
}

/** Where shells look for what completes a program of a package. */
const COMPLETIONS = {
  bash: "usr/share/bash-completion/completions/protector",
  zsh: "usr/share/zsh/vendor-completions/_protector",
  fish: "usr/share/fish/vendor_completions.d/protector.fish",
} as const;

function putCommands(work: string): void {
  mkdirSync(join(work, "usr/bin"), { recursive: true });
  for (const name of PROGRAM_NAMES) {
    const command = join(work, "usr/bin", name);
    rmSync(command, { force: true });
    symlinkSync(`../lib/protector/bin/${name}.cjs`, command);
  }
}

/** Whatever the umask of who builds: 0755 for folders and programs, 0600 for passwords, 0644 for the rest. */
function setModes(work: string): void {
  chmodSync(work, 0o755);
  for (const entry of readdirSync(work, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isSymbolicLink()) continue;
    const isProgram = entry.isDirectory() || path.startsWith(join(work, HOME, "bin/"));
    const isSecret = path === join(work, CONFIGURATION);
    chmodSync(path, isProgram ? 0o755 : isSecret ? 0o600 : 0o644);
  }
}

function md5sums(work: string): string {
  const configuration = join(work, CONFIGURATION);
  const lines = filesOf(work)
    .filter((file) => file !== configuration)
    .map((file) => `${createHash("md5").update(readFileSync(file)).digest("hex")}  ${relative(work, file)}\n`);
  return lines.join("");
}

/** Regular files, sorted. */
function filesOf(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
