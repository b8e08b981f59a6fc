import { existsSync, readFileSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { mustRun } from "./command.ts";
import { whyNoControlGroups } from "./control-group.ts";

/** Programs of this host that machines need, and the Debian package that brings each. */
const TOOLS = { mmdebstrap: "mmdebstrap", "systemd-nspawn": "systemd-container", ip: "iproute2", openssl: "openssl" };
const TOOL_FOLDERS = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/** An image and the layers of two machines, with room for volumes. */
const DISK_GIB = 10;
const GIB = 2 ** 30;

/**
 * @returns a sentence that says why machines cannot run on this host; undefined when they can.
 * @param folder - where their state will be.
 */
export function whyNoMachines(folder: string): string | undefined {
  if (process.platform !== "linux") return "The machines need Linux.";
  if (process.getuid?.() !== 0) return "The machines need root.";
  if (!existsSync("/etc/debian_version") || !hasProgram("apt-get")) return "The machines need Debian and its apt.";
  if (!/\boverlay\b/.test(readFileSync("/proc/filesystems", "utf8"))) return "This kernel has no overlayfs.";
  if (!existsSync("/proc/self/ns/net")) return "This kernel has no network namespaces.";
  const controlGroups = whyNoControlGroups();
  if (controlGroups !== undefined) return `The machines need control groups: ${controlGroups}.`;
  const disk = statfsSync(existingParent(folder));
  const free = disk.bavail * disk.bsize;
  if (free >= DISK_GIB * GIB) return undefined;
  return `The machines need ${DISK_GIB} GiB of free disk at ${folder}, there are ${gib(free)}.`;
}

/** @returns a sentence that says that this host has less memory left than `needed` (bytes); undefined when it has. */
export function whyTooLittleMemory(needed: number): string | undefined {
  const text = readFileSync("/proc/meminfo", "utf8");
  const available = Number(/^MemAvailable:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1024;
  if (available >= needed) return undefined;
  return `The machines need ${gib(needed)} of memory, this host has ${gib(available)} left.`;
}

/** Installs the missing tools with apt. */
export async function ensureTools(): Promise<void> {
  const missing = Object.entries(TOOLS).filter(([program]) => !hasProgram(program));
  if (missing.length === 0) return;
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" } as Record<string, string>;
  await mustRun("apt-get", ["update", "-qq"], { env });
  const packages = missing.map(([, name]) => name);
  await mustRun("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...packages], { env });
}

function hasProgram(name: string): boolean {
  return TOOL_FOLDERS.some((folder) => existsSync(join(folder, name)));
}

function existingParent(folder: string): string {
  return existsSync(folder) ? folder : existingParent(join(folder, ".."));
}

function gib(bytes: number): string {
  return `${(bytes / GIB).toFixed(1)} GiB`;
}
