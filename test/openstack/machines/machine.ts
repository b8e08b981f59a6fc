import { spawn } from "node:child_process";
import {
  chmodSync,
  chownSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { type CommandOptions, type CommandResult, mustRun, requireSuccess, run } from "./command.ts";
import { killControlGroup, makeControlGroup } from "./control-group.ts";
import { BRIDGE, PREFIX_LENGTH } from "./network.ts";
import { childrenOf, identifyProcess, isRunning, type ProcessId } from "./process-id.ts";
import { waitFor } from "./wait.ts";

/** A whole machine with an init system of its own, a writable layer over a shared image. */
export interface MachineOptions {
  /** Its host name, for instance `site-a`. */
  readonly name: string;
  /** Network namespace whose bridge it hangs on. */
  readonly namespace: string;
  readonly address: string;
  /** Text of its `/etc/hosts`. */
  readonly hosts: string;
  /** Holds its layer, its console's log and the number of its process. */
  readonly folder: string;
  /** Read-only layers below its own, the uppermost first. */
  readonly layers: readonly string[];
  /** Folders of this host, by the path at which it sees them. */
  readonly sharedFolders: Readonly<Record<string, string>>;
}

/** How a command in a machine runs. */
export interface MachineCommandOptions extends Pick<CommandOptions, "input" | "timeoutMs"> {
  /** Default root. */
  readonly user?: string;
  /** Added to PATH, HOME, USER and LANG, which is all that it has otherwise. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A file in a machine. */
export interface FileOwner {
  /** Permission bits; default 0644. */
  readonly mode?: number;
  /** Names of the machine's user and group; default root. */
  readonly user?: string;
  readonly group?: string;
}

/** Hosts may be busy with other things. ms */
const BOOT_LIMIT_MS = 300_000;
const SHUTDOWN_LIMIT_MS = 300_000;
/** A unit that has not started after systemd's 90 s is slow, not broken: to begin again would make it slower. */
const UNIT_START_LIMIT = "10min";
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** One machine; several objects in several processes may stand for the same. */
export class Machine {
  readonly options: MachineOptions;

  constructor(options: MachineOptions) {
    this.options = options;
  }

  get name(): string {
    return this.options.name;
  }

  get address(): string {
    return this.options.address;
  }

  /** Its root directory as this host sees it. */
  get root(): string {
    return join(this.options.folder, "root");
  }

  /** Whether its init system runs. */
  get isOn(): boolean {
    return this.#init() !== undefined;
  }

  /** Mounts its file system and writes its name and addresses; nothing happens when that is done. */
  async prepare(): Promise<void> {
    const { folder, layers, address, hosts, name } = this.options;
    if ((await run("mountpoint", ["--quiet", this.root])).code === 0) return;
    const [upper, work] = [join(folder, "layer"), join(folder, "work")];
    // A layer from before a restart of the host may lack what had not reached the disk: the machine begins anew.
    await mustRun("rm", ["--recursive", "--force", upper, work]);
    for (const path of [upper, work, this.root]) mkdirSync(path, { recursive: true });
    // What a machine wrote need not survive a crash of this host: `volatile` spares it every wait for the disk.
    const mount = `lowerdir=${layers.join(":")},upperdir=${upper},workdir=${work},volatile`;
    await mustRun("mount", ["-t", "overlay", "overlay", "-o", mount, this.root]);
    this.writeFile("/etc/hostname", `${name}\n`);
    this.writeFile("/etc/hosts", hosts);
    this.writeFile("/etc/machine-id", `${Buffer.from(name).toString("hex").padEnd(32, "0").slice(0, 32)}\n`);
    this.writeFile(
      "/etc/systemd/network/10-host0.network",
      `[Match]\nName=host0\n\n[Network]\nAddress=${address}/${PREFIX_LENGTH}\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n`,
    );
    this.writeFile("/etc/systemd/system.conf.d/start.conf", `[Manager]\nDefaultTimeoutStartSec=${UNIT_START_LIMIT}\n`);
    await mustRun("chroot", [this.root, "systemctl", "enable", "systemd-networkd"]);
  }

  /**
   * Switches it on and resolves when its init system answers, before all of its units have started.
   * @throws Error with the end of its console.
   */
  async boot(): Promise<void> {
    if (this.isOn) return;
    await this.prepare();
    const { namespace, folder, name, sharedFolders } = this.options;
    const groups = makeControlGroup(this.#controlGroup);
    const enter = groups.map((file) => `echo $$ > ${file}`).join(" && ");
    const shared = Object.entries(sharedFolders).map(([path, source]) => `--bind=${source}:${path}`);
    const nspawn = [
      ...["systemd-nspawn", "--quiet", "--boot", "--register=no", "--keep-unit", "--console=read-only"],
      ...[`--directory=${this.root}`, `--machine=${this.#controlGroup}`, `--hostname=${name}`],
      ...[`--network-bridge=${BRIDGE}`, "--resolv-conf=off", "--timezone=off", "--link-journal=no", ...shared],
    ];
    // `ip netns exec` would hide the control groups behind a new /sys; nsenter changes the network only.
    const inNetwork = ["nsenter", `--net=/run/netns/${namespace}`, "--", ...nspawn];
    const console = openSync(this.#consoleLog, "w");
    const child = spawn("sh", ["-c", `${enter} && exec "$@"`, "sh", ...inNetwork], {
      detached: true,
      stdio: ["ignore", console, console],
      env: { PATH, LC_ALL: "C.UTF-8", HOME: "/root" },
    });
    closeSync(console);
    child.unref();
    if (child.pid === undefined) throw new Error(`${name}: systemd-nspawn could not be started`);
    writeFileSync(join(folder, "pid"), JSON.stringify(identifyProcess(child.pid)));
    await waitFor(async () => ((await this.#answers()) ? true : undefined), {
      what: `${name} did not boot`,
      timeoutMs: BOOT_LIMIT_MS,
      explain: async () => readFileSync(this.#consoleLog, "utf8").split("\n").slice(-30).join("\n"),
    });
  }

  /** Cuts the power: nothing is stopped in order, nothing is told to anybody. Its file system keeps what was written. */
  async powerOff(): Promise<void> {
    await killControlGroup(this.#controlGroup);
    rmSync(join(this.options.folder, "pid"), { force: true });
  }

  /** Stops its services in order, then switches it off. */
  async shutdown(): Promise<void> {
    if (this.isOn) {
      await this.run("systemctl poweroff");
      await waitFor(async () => (this.isOn ? undefined : true), {
        what: `${this.name} did not shut down`,
        timeoutMs: SHUTDOWN_LIMIT_MS,
      });
    }
    await this.powerOff();
  }

  /** Cuts the power and forgets everything it wrote. */
  async remove(): Promise<void> {
    await this.powerOff();
    while ((await run("mountpoint", ["--quiet", this.root])).code === 0) await mustRun("umount", [this.root]);
    await mustRun("rm", ["--recursive", "--force", "--one-file-system", this.options.folder]);
  }

  /** Runs a line of shell (bash) in it. */
  async run(command: string, options: MachineCommandOptions = {}): Promise<CommandResult> {
    const init = this.#init();
    if (init === undefined) return { code: -1, stdout: "", stderr: `${this.name} is off` };
    const { user = "root", env = {}, ...rest } = options;
    const home = this.#home(user);
    const variables = { PATH, HOME: home, USER: user, LANG: "C.UTF-8", ...env };
    const settings = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
    const shell = ["env", "-i", ...settings, "bash", "-c", `cd ${home} 2>/dev/null || cd /; ${command}`];
    const words = user === "root" ? shell : ["runuser", "--user", user, "--", ...shell];
    return run("nsenter", ["--target", String(init.pid), "--all", "--", ...words], rest);
  }

  /**
   * Runs a line of shell that has to succeed.
   * @returns its standard output.
   * @throws Error with the end of its output.
   */
  async mustRun(command: string, options: MachineCommandOptions = {}): Promise<string> {
    return requireSuccess(await this.run(command, options), `${this.name}: ${command}`);
  }

  /** `systemctl` in it, for instance `systemctl("restart", "cinder-api")`; throws when it fails. */
  systemctl(...words: string[]): Promise<string> {
    return this.mustRun(`systemctl ${words.join(" ")}`);
  }

  /** The last lines of a unit's journal and state. */
  async journal(unit: string, lines = 40): Promise<string> {
    const status = await this.run(`systemctl status --no-pager --lines=0 ${unit}`);
    const journal = await this.run(`journalctl --no-pager --output=cat --lines=${lines} --unit=${unit}`);
    return `${status.stdout}${journal.stdout}`;
  }

  /** Writes a file in it, on or off, with the folders above it. */
  writeFile(path: string, content: string | Buffer, owner: FileOwner = {}): void {
    writeFileSync(this.#makeRoom(path), content);
    this.setOwner(path, owner);
  }

  /** Copies a file of this host into it. */
  copyIn(source: string, path: string, owner: FileOwner = {}): void {
    copyFileSync(source, this.#makeRoom(path));
    this.setOwner(path, owner);
  }

  /** Gives a file or a folder in it to somebody. */
  setOwner(path: string, { mode = 0o644, user = "root", group = "root" }: FileOwner): void {
    const file = join(this.root, path);
    chownSync(file, this.#numberOf("passwd", user), this.#numberOf("group", group));
    chmodSync(file, mode);
  }

  #makeRoom(path: string): string {
    const file = join(this.root, path);
    mkdirSync(dirname(file), { recursive: true });
    return file;
  }

  /** Users and groups have other numbers in the machine than here. */
  #numberOf(table: "passwd" | "group", name: string): number {
    const number = this.#entry(table, name)?.[2];
    if (number === undefined) throw new Error(`${this.name} has no ${name} in /etc/${table}`);
    return Number(number);
  }

  #home(user: string): string {
    return this.#entry("passwd", user)?.[5] ?? "/";
  }

  #entry(table: "passwd" | "group", name: string): readonly string[] | undefined {
    const lines = readFileSync(join(this.root, "etc", table), "utf8").split("\n");
    return lines.map((line) => line.split(":")).find(([first]) => first === name);
  }

  /** The name is unlike that of another pair's machine: nspawn keeps its own files by it. */
  get #controlGroup(): string {
    return `${this.options.namespace}-${this.name}`;
  }

  get #consoleLog(): string {
    return join(this.options.folder, "console.log");
  }

  /** Its first process: the child of systemd-nspawn. */
  #init(): ProcessId | undefined {
    const file = join(this.options.folder, "pid");
    if (!existsSync(file)) return undefined;
    const supervisor = JSON.parse(readFileSync(file, "utf8")) as ProcessId;
    if (!isRunning(supervisor)) return undefined;
    const [child] = childrenOf(supervisor.pid);
    return child === undefined ? undefined : identifyProcess(child);
  }

  async #answers(): Promise<boolean> {
    const { code, stdout } = await this.run("test -S /run/systemd/private && systemctl is-system-running");
    // A machine whose units still start, or one of which failed, says so with a status of its own.
    return code === 0 || ["starting", "degraded"].includes(stdout.trim());
  }
}
