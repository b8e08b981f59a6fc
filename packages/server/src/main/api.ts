import cluster from "node:cluster";
import { once } from "node:events";
import { systemClock } from "@protector/ports";
import type { Logger } from "pino";
import { type Config, ConfigError } from "../config/index.ts";
import { startApiWorker } from "./api-worker.ts";
import { loadProgramConfig, openSiteDatabase, readProgramArguments, requireDatabase, warningsOf } from "./program.ts";
import { openLog } from "./program-log.ts";

/** A worker that dies is replaced after this long, ms: one that dies at once must not be forked in a circle. */
const REPLACE_AFTER_MS = 1000;

/**
 * The program `protector-api`: `[api] workers` processes that listen on one address.
 * @param args command line without program.
 * @returns exit status.
 */
export async function runApi(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  let log: Logger | undefined;
  try {
    const loaded = loadProgramConfig(readProgramArguments(args), env);
    const { config } = loaded;
    log = openLog(config, "protector-api");
    if (cluster.isPrimary) for (const warning of warningsOf(loaded)) log.warn(warning);
    if (cluster.isWorker || config.api.workers === 1) await serve(config, log);
    else await supervise(config, log);
    return 0;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    if (log) log.fatal({ err: error instanceof ConfigError ? undefined : error }, text);
    else process.stderr.write(`protector-api: ${text}\n`);
    return 1;
  }
}

async function serve(config: Config, log: Logger): Promise<void> {
  if (cluster.isPrimary) await waitForDatabase(config, log);
  const api = await startApiWorker(config, log);
  log.info({ url: api.url }, "API listens");
  const signal = await stopSignal();
  log.info({ signal }, "API stops");
  if (signal === "SIGTERM") await withinLimit(config, log, api.close());
}

async function supervise(config: Config, log: Logger): Promise<void> {
  await waitForDatabase(config, log);
  let isStopping = false;
  cluster.on("exit", (worker, code, signal) => {
    if (isStopping) return;
    log.error({ pid: worker.process.pid, code, signal }, "API worker died");
    void systemClock.sleep(REPLACE_AFTER_MS).then(() => {
      if (!isStopping) cluster.fork();
    });
  });
  for (let started = 0; started < config.api.workers; started++) cluster.fork();
  const signal = await stopSignal();
  isStopping = true;
  const workers = Object.values(cluster.workers ?? {}).flatMap((worker) => worker ?? []);
  const ended = workers.map((worker) => once(worker, "exit"));
  for (const worker of workers) worker.process.kill(signal);
  await withinLimit(config, log, Promise.all(ended));
  for (const worker of workers) worker.process.kill("SIGKILL");
}

async function waitForDatabase(config: Config, log: Logger): Promise<void> {
  const database = openSiteDatabase(config, systemClock);
  try {
    await requireDatabase(config, database, { clock: systemClock, report: (text) => log.error(text) });
  } finally {
    await database.close();
  }
}

/** SIGTERM: end what runs. SIGINT: at once. */
async function stopSignal(): Promise<"SIGTERM" | "SIGINT"> {
  const terminate = once(process, "SIGTERM").then(() => "SIGTERM" as const);
  const interrupt = once(process, "SIGINT").then(() => "SIGINT" as const);
  return Promise.race([terminate, interrupt]);
}

/** `graceful_shutdown_timeout`; 0 = no limit. */
async function withinLimit(config: Config, log: Logger, work: Promise<unknown>): Promise<void> {
  const seconds = config.DEFAULT.graceful_shutdown_timeout;
  if (seconds === 0) return void (await work);
  const given = new AbortController();
  const limit = systemClock.sleep(seconds * 1000, given.signal).then(
    () => log.warn({ seconds }, "Requests still ran after graceful_shutdown_timeout"),
    () => {},
  );
  await Promise.race([work, limit]);
  given.abort();
}
