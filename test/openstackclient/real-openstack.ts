import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildOpenstackclientPackages, PYTHON, whyNoWheel } from "../../packaging/openstackclient-packages.ts";
import { ROOT, readRelease } from "../../packaging/release.ts";
import { installPackages } from "../services/binaries.ts";
import { startSandbox } from "./running-sandbox.ts";

/** The command of the distribution. */
export const OPENSTACK = "/usr/bin/openstack";

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The real `openstack` command with the packaged plugin, in front of the sandbox's two sites. */
export interface RealOpenstack {
  /** Where the Debian package was unpacked. */
  readonly sitePackages: string;
  readonly folder: string;
  readonly clouds: string;
  run(args: readonly string[], options?: RunOptions): Promise<Ended>;
  /** The same on a terminal; what it shows is in `stdout`. */
  onTerminal(args: readonly string[], answer: string): Promise<Ended>;
  close(): Promise<void>;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Default `site-a`. */
  readonly cloud?: string;
}

const PACKAGES = ["python3-openstackclient", "python3-setuptools", "python3-wheel"] as const;

/** Why this machine cannot run the suite, once what is missing was installed where that is possible; undefined: it can. */
export async function whyNotHere(): Promise<string | undefined> {
  if (canRun()) return undefined;
  await installPackages(PACKAGES);
  return canRun() ? undefined : `not installed; on Debian: apt-get install ${PACKAGES.join(" ")}`;
}

/** Whether this machine has what the suite needs. */
export function canRun(): boolean {
  return existsSync(OPENSTACK) && whyNoWheel() === undefined;
}

export async function openRealOpenstack(): Promise<RealOpenstack> {
  const folder = mkdtempSync(join(tmpdir(), "protector-osc-"));
  const sitePackages = unpackPlugin(folder);
  const program = join(folder, "bin/protector");
  mkdirSync(join(folder, "bin"));
  const source = join(ROOT, "packages/cli/bin/protector.ts");
  writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${source}" "$@"\n`, { mode: 0o755 });
  const sandbox = await startSandbox(join(folder, "sandbox"));
  const clouds = join(folder, "sandbox/clouds.yaml");
  const environment = ({ env = {}, cloud = "site-a" }: RunOptions = {}) => ({
    PATH: `${join(folder, "bin")}:/usr/bin:/bin`,
    HOME: folder,
    LANG: "C.UTF-8",
    PYTHONPATH: sitePackages,
    OS_CLIENT_CONFIG_FILE: clouds,
    OS_CLOUD: cloud,
    ...env,
  });
  return {
    sitePackages,
    folder,
    clouds,
    run: (args, options) => ends(OPENSTACK, args, environment(options)),
    onTerminal: (args, answer) => ends(PYTHON, ["-c", TERMINAL, answer, OPENSTACK, ...args], environment()),
    close: async () => {
      await sandbox.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Runs a command on a terminal of its own, and types an answer when it asks something. */
const TERMINAL = `
import os, pty, sys
answer = sys.argv[1].encode() + b"\\n"
seen = b""
def read(fd):
    global seen
    data = os.read(fd, 4096)
    if b"go on: " in seen + data and b"go on: " not in seen:
        os.write(fd, answer)
    seen += data
    return data
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[2:], read, lambda fd: os.read(fd, 1024))))
`;

/** The packaged plugin, unpacked below a folder; its place for `PYTHONPATH`. */
export function unpackPlugin(folder: string): string {
  const { deb } = buildOpenstackclientPackages(readRelease(), join(folder, "work"), join(folder, "dist"));
  execFileSync("dpkg-deb", ["--extract", deb, join(folder, "root")]);
  return join(folder, "root/usr/lib/python3/dist-packages");
}

function ends(program: string, args: readonly string[], env: Readonly<Record<string, string | undefined>>) {
  return new Promise<Ended>((resolve) => {
    const child = execFile(program, [...args], { env, cwd: "/" }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? -1) : 0, stdout, stderr }),
    );
    child.stdin?.end();
  });
}
