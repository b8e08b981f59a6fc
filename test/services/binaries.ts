import { execFile } from "node:child_process";
import { accessSync, chmodSync, constants, existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** What each service of the tests needs: its programs, and the Debian packages that bring them. */
const SERVICES = {
  mariadb: { programs: ["mariadbd", "mariadb-install-db"], packages: ["mariadb-server-core", "mariadb-client-core"] },
  rabbitmq: { programs: ["rabbitmq-server", "epmd"], packages: ["rabbitmq-server"] },
  memcached: { programs: ["memcached"], packages: ["memcached"] },
} as const;
export type ServiceName = keyof typeof SERVICES;
export const SERVICE_NAMES = Object.keys(SERVICES) as readonly ServiceName[];

/** Directories that distributions put daemons in, beside those of PATH. */
const DAEMON_DIRECTORIES = [
  "/usr/lib/rabbitmq/bin",
  "/usr/local/sbin",
  "/usr/sbin",
  "/usr/local/bin",
  "/usr/bin",
  "/sbin",
];
const POLICY = "/usr/sbin/policy-rc.d";

/**
 * Path of a program. RabbitMQ's own script comes before the distribution's wrapper, which insists on the system's
 * user and directories.
 */
export function findProgram(name: string): string | undefined {
  const fromPath = (process.env.PATH ?? "").split(":");
  return [...DAEMON_DIRECTORIES, ...fromPath].map((directory) => join(directory, name)).find(isExecutable);
}

/** @throws Error when the program is not installed. */
export function requireProgram(name: string): string {
  const path = findProgram(name);
  if (!path) throw new Error(`${name} is not installed`);
  return path;
}

/** Why a service cannot run here; undefined when it can. */
export function whyMissing(service: ServiceName): string | undefined {
  const { programs, packages } = SERVICES[service];
  const missing = programs.filter((program) => findProgram(program) === undefined);
  if (missing.length === 0) return undefined;
  return `${missing.join(", ")} not found. On Debian: apt-get install --no-install-recommends ${packages.join(" ")}`;
}

/** Installs what is missing when that is possible here. Starts no system service. */
export async function installMissing(): Promise<void> {
  await installPackages(SERVICE_NAMES.filter((name) => whyMissing(name)).flatMap((name) => SERVICES[name].packages));
}

/** Installs Debian packages when that is possible here: root on Debian, with something to install from. Starts no service. */
export async function installPackages(packages: readonly string[]): Promise<void> {
  const canInstall = process.getuid?.() === 0 && existsSync("/etc/debian_version") && findProgram("apt-get");
  if (packages.length === 0 || !canInstall) return;
  const isOurPolicy = !existsSync(POLICY);
  if (isOurPolicy) {
    writeFileSync(POLICY, "#!/bin/sh\nexit 101\n");
    chmodSync(POLICY, 0o755);
  }
  try {
    const options = { env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" }, maxBuffer: 64 * 1024 * 1024 };
    const apt = (...args: readonly string[]) =>
      run("apt-get", ["-qq", "-o", "DPkg::Lock::Timeout=120", ...args], options);
    await apt("update");
    await apt("install", "-y", "--no-install-recommends", ...packages);
  } catch {
    // Without network there is nothing to install from: the suites are skipped and name what is missing.
  } finally {
    if (isOurPolicy) rmSync(POLICY, { force: true });
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
