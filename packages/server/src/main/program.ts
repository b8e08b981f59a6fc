import { homedir } from "node:os";
import type { Clock } from "@protector/ports";
import {
  type Config,
  describeProblem,
  findConfigFiles,
  type LoadedConfig,
  loadConfig,
  parseDatabaseUrl,
} from "../config/index.ts";
import { type DatabaseConnection, DatabaseUnavailableError, openDatabase, requireSchema } from "../db/index.ts";
import type { ProgramArguments } from "./program-arguments.ts";

/** @throws ConfigError. */
export function loadProgramConfig(
  { files, directories }: ProgramArguments,
  env: Readonly<Record<string, string | undefined>>,
): LoadedConfig {
  return loadConfig({ files: findConfigFiles({ files, directories, home: homedir() }), env });
}

/** One line per warning of the configuration. */
export function warningsOf({ warnings }: LoadedConfig): readonly string[] {
  return warnings.map(describeProblem);
}

/** @throws Error when `[database] connection` is missing or no URL of a database. */
export function openSiteDatabase(config: Config, clock: Clock): DatabaseConnection {
  const { connection, max_pool_size, max_overflow } = config.database;
  if (connection === undefined) throw new Error("[database] connection is not set");
  const parsed = parseDatabaseUrl(connection);
  if ("fault" in parsed) throw new Error(`[database] connection ${parsed.fault}`);
  return openDatabase(parsed.dsn, { clock, poolSize: max_pool_size + max_overflow });
}

/**
 * Waits for a database that starts at the same time as we do.
 * @throws DatabaseUnavailableError after `[database] max_retries`, SchemaError when `db sync` is due.
 */
export async function requireDatabase(
  config: Config,
  connection: DatabaseConnection,
  { clock, report }: { readonly clock: Clock; readonly report: (text: string) => void },
): Promise<void> {
  const { max_retries, retry_interval } = config.database;
  for (let attempt = 0; ; attempt++) {
    try {
      return await requireSchema(connection);
    } catch (error) {
      if (!(error instanceof DatabaseUnavailableError)) throw error;
      if (max_retries >= 0 && attempt >= max_retries) throw error;
      report(error.message);
      await clock.sleep(retry_interval * 1000);
    }
  }
}
