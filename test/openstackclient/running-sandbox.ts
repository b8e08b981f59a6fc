import { join } from "node:path";
import { runSandbox } from "../../packages/sandbox/src/index.ts";
import { findFreePort } from "../../packages/simulator/src/index.ts";

/** A sandbox of this process, for programs of others. */
export interface RunningSandbox {
  /** Path of clouds.yaml with `site-a`, `site-b` and their administrators. */
  readonly clouds: string;
  stop(): Promise<void>;
}

/**
 * Starts two simulated sites with a workload that nobody protects yet, on free ports.
 * @param keep new folder of its files.
 * @throws Error with what the sandbox told when it cannot start.
 */
export async function startSandbox(keep: string): Promise<RunningSandbox> {
  const interrupt = new AbortController();
  const started = Promise.withResolvers<void>();
  let told = "";
  const output = {
    write: (text: string) => {
      told += text;
      if (told.includes("runs until Ctrl-C")) started.resolve();
    },
  };
  const ended = runSandbox({
    args: ["--scenario", "none", "--keep", keep],
    stdout: output,
    stderr: output,
    env: { HOME: keep },
    interrupt: interrupt.signal,
    apiPorts: [await findFreePort("127.0.0.1"), await findFreePort("127.0.0.1")],
  });
  await Promise.race([started.promise, ended.then(() => Promise.reject(new Error(told)))]);
  return {
    clouds: join(keep, "clouds.yaml"),
    stop: async () => {
      interrupt.abort();
      await ended;
    },
  };
}
