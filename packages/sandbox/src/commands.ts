import { readFileSync, writeFileSync } from "node:fs";
import { type Output, runCli } from "@protector/cli";
import { systemClock, systemRandom, type UndiciTransport } from "@protector/ports";

/** How the sandbox types commands. */
export interface CommandLine {
  /** Path of clouds.yaml. */
  readonly clouds: string;
  readonly transport: UndiciTransport;
  /** Where people look. */
  readonly output: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly interrupt: AbortSignal;
}

/** A command that did not do what it was asked for. */
export class CommandFailed extends Error {
  override readonly name = "CommandFailed";
  readonly exitCode: number;

  constructor(words: readonly string[], exitCode: number, said: string) {
    super(`protector ${words.join(" ")} ended with exit code ${exitCode}\n${said}`.trimEnd());
    this.exitCode = exitCode;
  }
}

/**
 * Runs `protector …` as the demo user of site-a, in this process but over the same wire as everyone's.
 * @param shown `progress`: what it tells while it works is shown; its result is not.
 * @returns its result, which is JSON.
 * @throws CommandFailed
 */
export async function protector(
  line: CommandLine,
  words: readonly string[],
  { shown = "nothing" }: { readonly shown?: "nothing" | "progress" } = {},
): Promise<unknown> {
  const { output } = line;
  let result = "";
  let said = "";
  const told: Output = {
    ...(shown === "progress" ? { isTTY: output.isTTY, columns: output.columns, rows: output.rows } : {}),
    write: (text) => {
      said += text;
      if (shown === "progress") output.write(text);
    },
  };
  const exitCode = await runCli({
    argv: [...words, "-f", "json", "--wait"],
    env: { ...line.env, OS_CLIENT_CONFIG_FILE: line.clouds, OS_CLOUD: line.env.OS_CLOUD ?? "site-a" },
    stdout: {
      write: (text) => {
        result += text;
      },
    },
    stderr: told,
    transport: line.transport.send,
    clock: systemClock,
    random: systemRandom,
    readFile,
    writeFile: writeFileSync,
    interrupt: line.interrupt,
  });
  line.interrupt.throwIfAborted();
  if (exitCode !== 0) throw new CommandFailed(words, exitCode, shown === "progress" ? "" : `${said}${result}`);
  return result === "" ? undefined : JSON.parse(result);
}

function readFile(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
