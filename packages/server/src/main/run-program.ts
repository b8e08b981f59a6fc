import cluster from "node:cluster";
import { once } from "node:events";
import { systemClock } from "@protector/ports";
import type { Logger } from "pino";
import { type Config, ConfigError, changedOptions, shownOptions } from "../config/index.ts";
import { DatabaseUnavailableError, SchemaError } from "../db/index.ts";
import { loadProgramConfig, openSiteDatabase, requireDatabase, warningsOf } from "./program.ts";
import { type ProgramArguments, programHelp, readProgramArguments } from "./program-arguments.ts";
import { openLog } from "./program-log.ts";
import { VERSION } from "./version.ts";

/** A worker that dies is replaced after this long, ms: one that dies at once must not be forked in a circle. */
const REPLACE_AFTER_MS = 1000;

/** A program that systemd runs. */
export interface ServiceProgram {
  /** As `netstat`, `ps` and the log show it. */
  readonly name: string;
  /** One sentence for `--help`. */
  readonly description: string;
  /** Number of worker processes. */
  workers(config: Config): number;
  /** Starts the work of one process. */
  start(config: Config, log: Logger): Promise<{ close(): Promise<void> }>;
}

/**
 * Runs a service until it is told to stop: SIGTERM ends what runs within `graceful_shutdown_timeout`, SIGINT ends at
 * once, SIGHUP reads the options again that can change without a restart.
 * @param args command line without program.
 * @returns exit status.
 */
export async function runProgram(
  program: ServiceProgram,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<number> {
  let log: Logger | undefined;
  try {
    const request = readProgramArguments(args);
    if (request.kind !== "run") {
      process.stdout.write(request.kind === "help" ? programHelp(program) : `${program.name} ${VERSION}\n`);
      return 0;
    }
    const { kind: _, ...places } = request;
    const loaded = loadProgramConfig(places, env);
    const { config } = loaded;
    log = openLog(config, program.name);
    rereadOnSighup({ places, env, config }, log);
    const workers = program.workers(config);
    if (cluster.worker) process.title = `${program.name}: worker ${cluster.worker.id}`;
    else {
      for (const warning of warningsOf(loaded)) log.warn(warning);
      for (const line of shownOptions(config)) log.debug(line);
      await waitForDatabase(config, log);
    }
    if (cluster.isWorker || workers === 1) await serve(program, config, log);
    else await supervise(workers, config, log);
    return 0;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    if (log) log.fatal({ err: isExplained(error) ? undefined : error }, text);
    else process.stderr.write(`${program.name}: ${text}\n`);
    return 1;
  }
}

/** Errors whose message says what to do: a stack would hide it. */
function isExplained(error: unknown): boolean {
  return error instanceof ConfigError || error instanceof SchemaError || error instanceof DatabaseUnavailableError;
}

async function serve(program: ServiceProgram, config: Config, log: Logger): Promise<void> {
  // Asked for before the start: a signal in its midst must end it in good order, too.
  const stop = stopSignal();
  const running = await program.start(config, log);
  const signal = await stop;
  log.info({ signal }, "Service stops");
  if (signal === "SIGTERM") await withinLimit(config, log, running.close());
}

async function supervise(count: number, config: Config, log: Logger): Promise<void> {
  let isStopping = false;
  cluster.on("exit", (worker, code, signal) => {
    if (isStopping) return;
    log.error({ worker_pid: worker.process.pid, code, signal }, "Worker died");
    void systemClock.sleep(REPLACE_AFTER_MS).then(() => {
      if (!isStopping) cluster.fork();
    });
  });
  const stop = stopSignal();
  for (let started = 0; started < count; started++) cluster.fork();
  process.on("SIGHUP", () => {
    for (const worker of workersNow()) worker.process.kill("SIGHUP");
  });
  const signal = await stop;
  isStopping = true;
  log.info({ signal }, "Service stops");
  const workers = workersNow();
  const ended = workers.map((worker) => once(worker, "exit"));
  for (const worker of workers) worker.process.kill(signal);
  await withinLimit(config, log, Promise.all(ended));
  for (const worker of workers) worker.process.kill("SIGKILL");
}

function workersNow() {
  return Object.values(cluster.workers ?? {}).flatMap((worker) => worker ?? []);
}

async function waitForDatabase(config: Config, log: Logger): Promise<void> {
  const database = openSiteDatabase(config, systemClock);
  try {
    await requireDatabase(config, database, { clock: systemClock, report: (text) => log.error(text) });
  } finally {
    await database.close();
  }
}

interface ReadConfig {
  readonly places: ProgramArguments;
  readonly env: NodeJS.ProcessEnv;
  readonly config: Config;
}

/** A file that cannot be used changes nothing. */
function rereadOnSighup({ places, env, config }: ReadConfig, log: Logger): void {
  let inForce = config;
  process.on("SIGHUP", () => {
    try {
      const { config: read } = loadProgramConfig(places, env);
      for (const { section, option, isMutable } of changedOptions(inForce, read)) {
        log.info(`Option [${section}] ${option} changed: ${isMutable ? "in force now" : "waits for a restart"}`);
      }
      inForce = read;
      log.level = read.DEFAULT.debug ? "debug" : "info";
    } catch (error) {
      log.error(`Configuration stays as it was: ${(error as Error).message}`);
    }
  });
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
    () => log.warn({ seconds }, "Work still ran after graceful_shutdown_timeout"),
    () => {},
  );
  await Promise.race([work, limit]);
  given.abort();
}
