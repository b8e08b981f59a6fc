import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { NodeTransport, systemClock, systemRandom } from "@protector/ports";
import { pagePrinter } from "./page-printer.ts";
import { privateFiles } from "./private-files.ts";
import { runCli } from "./run-cli.ts";

/** Time to leave a watch in good order, ms; who listens to no signal is ended then. */
const LEAVING_MS = 1000;

/** Runs the command line of this process; returns its exit code. */
export async function main(): Promise<number> {
  const transport = new NodeTransport();
  const interrupt = new AbortController();
  const ended = new AbortController();
  process.once("SIGINT", () => {
    interrupt.abort(new Error("interrupted"));
    process.once("SIGINT", () => process.exit(130));
    systemClock.sleep(LEAVING_MS, ended.signal).then(
      () => process.exit(130),
      () => {},
    );
  });
  try {
    return await runCli({
      argv: process.argv.slice(2),
      env: process.env,
      stdout: process.stdout,
      stderr: process.stderr,
      transport: transport.send,
      clock: systemClock,
      random: systemRandom,
      readFile,
      writeFile,
      printPage: pagePrinter(process.env),
      tokens: { files: privateFiles, digest },
      interrupt: interrupt.signal,
      ...(process.stdin.isTTY && process.stderr.isTTY ? { ask: (question) => ask(question, interrupt) } : {}),
    });
  } finally {
    ended.abort();
    await transport.close();
  }
}

/** Not imported: that would load all of Web Cryptography with every start. */
function digest(text: string): string {
  return process.getBuiltinModule("node:crypto").createHash("sha256").update(text).digest("hex");
}

function readFile(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Half a file is never left behind. */
function writeFile(path: string, text: string): void {
  const part = `${path}.${process.pid}.part`;
  writeFileSync(part, text, { flag: "wx" });
  renameSync(part, path);
}

async function ask(question: string, interrupt: AbortController): Promise<string> {
  // Most commands ask nothing, and start sooner without it.
  const { createInterface } = await import("node:readline/promises");
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  terminal.once("SIGINT", () => interrupt.abort(new Error("interrupted")));
  try {
    return await terminal.question(question, { signal: interrupt.signal });
  } catch (error) {
    throw interrupt.signal.aborted ? interrupt.signal.reason : error;
  } finally {
    terminal.close();
  }
}
