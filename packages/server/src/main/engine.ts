import { startEngineWorker } from "./engine-worker.ts";
import { runProgram } from "./run-program.ts";
import { keepHeapSmall } from "./small-heap.ts";

/**
 * The program `protector-engine`: `[engine] workers` processes, each an engine.
 * @param args command line without program.
 * @returns exit status.
 */
export function runEngine(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  keepHeapSmall();
  const program = {
    name: "protector-engine",
    description: "Runs the operations of a Protector site and watches what it protects.",
    workers: ({ engine }: Parameters<typeof startEngineWorker>[0]) => engine.workers,
    start: async (...[config, log]: Parameters<typeof startEngineWorker>) => {
      const engine = await startEngineWorker(config, log);
      log.info("Engine runs");
      return engine;
    },
  };
  return runProgram(program, args, env);
}
