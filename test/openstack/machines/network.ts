import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type CommandOptions, type CommandResult, mustRun, run } from "./command.ts";

/** Bridge that the machines, the arrays and the test runner share. */
export const BRIDGE = "cloud0";

/** Length of the network prefix of all addresses. */
export const PREFIX_LENGTH = 24;

/**
 * A network namespace with a bridge in it. Machines hang on the bridge; nothing of it is reachable from outside, so
 * several such networks with the same addresses exist side by side.
 */
export interface Network {
  readonly namespace: string;
  /** Addresses of the bridge itself: the test runner and everything that runs in the namespace. */
  readonly addresses: readonly string[];
  /** Text of `/etc/hosts` for commands that run in the namespace. */
  readonly hosts: string;
}

/** Creates what is missing. */
export async function ensureNetwork({ namespace, addresses, hosts }: Network): Promise<void> {
  const folder = namespaceFolder(namespace);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "hosts"), hosts);
  if (!existsSync(join("/run/netns", namespace))) await mustRun("ip", ["netns", "add", namespace]);
  const ip = (...words: string[]) => mustRun("ip", ["-n", namespace, ...words]);
  await ip("link", "set", "lo", "up");
  if ((await run("ip", ["-n", namespace, "link", "show", BRIDGE])).code !== 0) {
    await ip("link", "add", BRIDGE, "type", "bridge", "stp_state", "0", "forward_delay", "0");
  }
  await ip("link", "set", BRIDGE, "up");
  for (const address of addresses) await ip("address", "replace", `${address}/${PREFIX_LENGTH}`, "dev", BRIDGE);
}

/** Removes the namespace with everything in it; nothing happens when there is none. */
export async function removeNetwork(namespace: string): Promise<void> {
  if (existsSync(join("/run/netns", namespace))) await mustRun("ip", ["netns", "delete", namespace]);
  rmSync(namespaceFolder(namespace), { recursive: true, force: true });
}

/**
 * The words of a command that runs in the namespace with its `/etc/hosts`. `ip netns exec` would hide the control groups
 * of the host behind a new `/sys`, and with them the machines could not be switched on or off.
 */
export function namespaceCommand(namespace: string, command: readonly string[]): readonly string[] {
  const hosts = join(namespaceFolder(namespace), "hosts");
  const script = 'mount --bind "$0" /etc/hosts && exec "$@"';
  return [
    "nsenter",
    `--net=/run/netns/${namespace}`,
    "--",
    "unshare",
    "--mount",
    "sh",
    "-c",
    script,
    hosts,
    ...command,
  ];
}

/** Runs a command in the namespace. */
export function runInNamespace(
  namespace: string,
  command: readonly string[],
  options?: CommandOptions,
): Promise<CommandResult> {
  const [program = "", ...args] = namespaceCommand(namespace, command);
  return run(program, args, options);
}

/** Files that `ip netns exec` shows in place of those of `/etc`. */
function namespaceFolder(namespace: string): string {
  return join("/etc/netns", namespace);
}
