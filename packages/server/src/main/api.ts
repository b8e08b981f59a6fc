import { startApiWorker } from "./api-worker.ts";
import { runProgram } from "./run-program.ts";

/**
 * The program `protector-api`: `[api] workers` processes that listen on one address.
 * @param args command line without program.
 * @returns exit status.
 */
export function runApi(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const program = {
    name: "protector-api",
    description: "The REST API of a Protector site.",
    workers: ({ api }: Parameters<typeof startApiWorker>[0]) => api.workers,
    start: async (...[config, log]: Parameters<typeof startApiWorker>) => {
      const api = await startApiWorker(config, log);
      log.info({ url: api.url }, "API listens");
      return api;
    },
  };
  return runProgram(program, args, env);
}
