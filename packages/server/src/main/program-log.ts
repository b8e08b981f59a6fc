import { accessSync, constants } from "node:fs";
import { isAbsolute, join } from "node:path";
import { type DestinationStream, type Logger, multistream, pino, type StreamEntry } from "pino";
import type { Config } from "../config/index.ts";
import { formatLine } from "./log-line.ts";

/** Facts that no log shows, wherever they stand in what is logged. */
const SECRET_KEYS = [
  "password",
  "token",
  "secret",
  "apiToken",
  "api_token",
  "fa_api_token",
  "primary_fa_api_token",
  "secondary_fa_api_token",
  "authorization",
  '["x-auth-token"]',
  '["x-subject-token"]',
  '["api-token"]',
];

/** Where a log goes. */
export interface LogTargets {
  /** Default true: standard error, for the journal. */
  readonly onStandardError?: boolean;
}

/**
 * The log of a program: standard error for the journal, and `<log_dir>/<program>.log` (or `log_file`) where that can be
 * written; where it cannot, the log says so and goes on. Lines have oslo.log's form, or are JSON with `use_json`.
 */
export function openLog(config: Config, program: string, { onStandardError = true }: LogTargets = {}): Logger {
  const { debug, log_dir, log_file, use_json } = config.DEFAULT;
  const level = debug ? "debug" : "info";
  const file = fileOf(log_dir, log_file ?? `${program}.log`);
  const problem = file === undefined ? undefined : whyNotWritable(file);
  // The logger's own level decides, which SIGHUP can change.
  const open = (dest: number | string): StreamEntry => {
    const stream = pino.destination({ dest, append: true, sync: true });
    return { level: "debug", stream: use_json ? stream : inLines(stream) };
  };
  const streams = [
    ...(onStandardError ? [open(2)] : []),
    ...(file !== undefined && problem === undefined ? [open(file)] : []),
  ];
  const redact = { paths: SECRET_KEYS.flatMap((key) => [key, key.startsWith("[") ? `*${key}` : `*.${key}`]) };
  const log = pino(
    { level, name: program, base: { pid: process.pid }, redact: { ...redact, censor: "***" } },
    multistream(streams),
  );
  if (problem !== undefined) log.warn({ file }, `Log file cannot be written, only standard error is used: ${problem}`);
  return log;
}

function inLines(stream: DestinationStream): DestinationStream {
  return { write: (record) => stream.write(formatLine(record)) };
}

function fileOf(directory: string | undefined, name: string): string | undefined {
  if (isAbsolute(name)) return name;
  return directory === undefined ? undefined : join(directory, name);
}

function whyNotWritable(file: string): string | undefined {
  try {
    accessSync(join(file, ".."), constants.W_OK);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
