import { spawn } from "node:child_process";

/** What a command left behind. */
export interface CommandResult {
  /** Exit status; 128 + signal number in the manner of shells when a signal ended it, -1 when it could not be started. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a command runs. */
export interface CommandOptions {
  /** Text for its standard input; without it the input is empty. */
  readonly input?: string;
  /** ms; default 10 minutes. A command that takes longer is killed. */
  readonly timeoutMs?: number;
  /** The whole environment; default is that of this process. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

const TIME_LIMIT_MS = 10 * 60_000;
const KILLED = 137;

/** Runs a program and collects what it writes. Never throws; a program that does not exist gives code -1. */
export function run(program: string, args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const { input, timeoutMs = TIME_LIMIT_MS, env, cwd } = options;
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
      timeout: timeoutMs,
      killSignal: "SIGKILL",
      ...(env && { env }),
      ...(cwd !== undefined && { cwd }),
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout?.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr?.on("data", (chunk: Buffer) => stderr.push(chunk));
    const settle = (code: number, more = "") =>
      resolve({
        code,
        stdout: Buffer.concat(stdout).toString("utf8"),
        stderr: Buffer.concat(stderr).toString("utf8") + more,
      });
    child.once("error", (error) => settle(-1, error.message));
    child.once("close", (code, signal) => settle(code ?? KILLED, signal ? `\nended by ${signal}` : ""));
    // A program that ends without reading its input closes the pipe; its exit status tells enough.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input);
  });
}

/**
 * Runs a program that has to succeed.
 * @returns its standard output.
 * @throws Error with the command and the end of what it wrote.
 */
export async function mustRun(program: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  return requireSuccess(await run(program, args, options), [program, ...args].join(" "));
}

/** @throws Error naming `what` and the end of the output when the command failed. */
export function requireSuccess(result: CommandResult, what: string): string {
  if (result.code === 0) return result.stdout;
  const output = `${result.stdout}\n${result.stderr}`.trim().split("\n").slice(-30).join("\n");
  throw new Error(`${what}: exit status ${result.code}\n${output}`);
}
