import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type CommandResult, run } from "../machines/command.ts";
import type { Machine } from "../machines/machine.ts";

/** Where commands are typed. */
export interface Shell {
  /** Folder for files of the person who types. */
  readonly folder: string;
  /** Runs a program; never throws. */
  run(words: readonly string[], options?: ShellOptions): Promise<CommandResult>;
  /** Writes a file that only its owner can read. */
  writeFile(path: string, text: string): void;
}

/** How a program runs. */
export interface ShellOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Text for its standard input. */
  readonly input?: string;
}

const TIME_LIMIT_MS = 15 * 60_000;

/** A shell of root in a machine. */
export function machineShell(machine: Machine): Shell {
  return {
    folder: "/root/story",
    run: (words, options = {}) => machine.run(words.map(quoted).join(" "), { ...options, timeoutMs: TIME_LIMIT_MS }),
    writeFile: (path, text) => machine.writeFile(path, text, { mode: 0o600 }),
  };
}

/** A shell on this host, with the `protector` command of this checkout. */
export function localShell(): Shell {
  const folder = mkdtempSync(join(tmpdir(), "protector-story-"));
  const protector = fileURLToPath(new URL("../../../packages/cli/bin/protector.ts", import.meta.url));
  return {
    folder,
    run: ([program = "", ...words], { env = {}, ...options } = {}) => {
      const isOurs = program === "protector";
      return run(isOurs ? process.execPath : program, isOurs ? [protector, ...words] : words, {
        ...options,
        timeoutMs: TIME_LIMIT_MS,
        env: { ...plainEnvironment(), ...env },
      });
    },
    writeFile: (path, text) => {
      mkdirSync(join(path, ".."), { recursive: true });
      writeFileSync(path, text);
      chmodSync(path, 0o600);
    },
  };
}

/** Without the `OS_*` variables of whoever started the tests. */
function plainEnvironment(): Record<string, string> {
  const own = Object.entries(process.env).filter(([name, value]) => value !== undefined && !name.startsWith("OS_"));
  return Object.fromEntries(own) as Record<string, string>;
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
