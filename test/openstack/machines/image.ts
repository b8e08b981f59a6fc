import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mustRun, run } from "./command.ts";

/** What an image consists of. */
export interface ImageRecipe {
  /** Folder that keeps images. */
  readonly folder: string;
  /** Debian packages; dependencies come along, recommendations do not. */
  readonly packages: readonly string[];
  /** Units that packages enable and that must not start by themselves. */
  readonly disabledUnits: readonly string[];
}

/** Debian release whose packages are installed: its OpenStack is Zed. */
const RELEASE = "bookworm";
const MIRROR = "http://deb.debian.org/debian";
const SECURITY_MIRROR = "http://deb.debian.org/debian-security";

/** An installation of this many packages takes minutes on a slow mirror. ms */
const TIME_LIMIT_MS = 30 * 60_000;

/** Where the image of a recipe is or will be; another recipe has another place. */
export function imageFolder({ folder, packages, disabledUnits }: ImageRecipe): string {
  const text = JSON.stringify([RELEASE, [...packages].sort(), disabledUnits]);
  return join(folder, `image-${createHash("sha256").update(text).digest("hex").slice(0, 12)}`);
}

/**
 * A Debian system with all packages in a folder, built when there is none. It is shared by all machines, which write
 * into layers of their own.
 * @returns its folder.
 * @throws Error with the end of the builder's output.
 */
export async function ensureImage(recipe: ImageRecipe): Promise<string> {
  const folder = imageFolder(recipe);
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}.unfinished`;
  mkdirSync(recipe.folder, { recursive: true });
  await removeTree(unfinished);
  const packages = recipe.packages.join(",");
  await mustRun(
    "mmdebstrap",
    ["--mode=root", "--variant=minbase", `--include=${packages}`, RELEASE, unfinished, ...sources()],
    { timeoutMs: TIME_LIMIT_MS, env: { ...plainEnvironment(), DEBIAN_FRONTEND: "noninteractive" } },
  );
  // Names that the builder copied from its host.
  for (const name of ["hostname", "hosts", "resolv.conf"]) rmSync(join(unfinished, "etc", name), { force: true });
  writeFileSync(join(unfinished, "etc/resolv.conf"), "");
  for (const unit of recipe.disabledUnits) {
    // A unit that this release does not have needs no disabling.
    await run("chroot", [unfinished, "systemctl", "disable", unit], { env: plainEnvironment() });
  }
  renameSync(unfinished, folder);
  return folder;
}

/** Removes every image and what unfinished builds left. */
export async function removeImages(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    if (name.startsWith("image-")) await removeTree(join(folder, name));
  }
}

/** The machine's own mirror of Debian when it has one, else Debian's. */
function sources(): readonly string[] {
  const text = ["/etc/apt/sources.list", ...listed("/etc/apt/sources.list.d")].map(readIfThere).join("\n");
  const urls = [...text.matchAll(/^\s*(?:URIs:|deb(?:\s+\[[^\]]*\])?)\s+(\S+)/gm)].map(([, url = ""]) => url);
  const own = (ending: string) => urls.find((url) => url.replace(/\/$/, "").endsWith(ending));
  const mirror = own("/debian") ?? MIRROR;
  const security = own("/debian-security") ?? SECURITY_MIRROR;
  return [
    `deb ${mirror} ${RELEASE} main`,
    `deb ${mirror} ${RELEASE}-updates main`,
    `deb ${security} ${RELEASE}-security main`,
  ];
}

function listed(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
}

function readIfThere(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

/** Removing a tree that something is still mounted in would remove what is mounted. */
async function removeTree(folder: string): Promise<void> {
  if (existsSync(folder)) await mustRun("rm", ["--recursive", "--force", "--one-file-system", folder]);
}

/** The builder's programs look for these only; the rest of this process's environment is none of their business. */
function plainEnvironment(): Readonly<Record<string, string>> {
  const { http_proxy, https_proxy, no_proxy } = process.env;
  return {
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    LC_ALL: "C.UTF-8",
    HOME: "/root",
    ...(http_proxy !== undefined && { http_proxy }),
    ...(https_proxy !== undefined && { https_proxy }),
    ...(no_proxy !== undefined && { no_proxy }),
  };
}
