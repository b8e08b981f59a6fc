#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { systemClock, systemRandom, UndiciTransport } from "@protector/ports";
import { runCli } from "../src/run-cli.ts";

const transport = new UndiciTransport();
const interrupt = new AbortController();
process.once("SIGINT", () => {
  interrupt.abort(new Error("interrupted"));
  // A second one, or one while nothing listens to the signal, ends the program as usual.
  process.once("SIGINT", () => process.exit(130));
});

process.exitCode = await runCli({
  argv: process.argv.slice(2),
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  transport: transport.send,
  clock: systemClock,
  random: systemRandom,
  readFile,
  interrupt: interrupt.signal,
  ...(process.stdin.isTTY && process.stderr.isTTY ? { ask } : {}),
});
await transport.close();

function readFile(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

async function ask(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await terminal.question(question, { signal: interrupt.signal });
  } finally {
    terminal.close();
  }
}
