#!/usr/bin/env node
import { runSandbox } from "../src/index.ts";

const interrupt = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  // A second one ends it without cleaning up.
  process.once(signal, () => interrupt.abort(new Error("interrupted")));
}

process.exitCode = await runSandbox({
  args: process.argv.slice(2),
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  interrupt: interrupt.signal,
  apiPorts: [8788, 8789],
});
