import { accessSync, constants } from "node:fs";
import { isAbsolute, join } from "node:path";
import { type Logger, multistream, pino, type StreamEntry } from "pino";
import type { Config } from "../config/index.ts";

/**
 * The log of a program: standard error for the journal, and `<log_dir>/<program>.log` (or `log_file`) where that can be
 * written; where it cannot, the log says so and goes on.
 */
export function openLog(config: Config, program: string): Logger {
  const { debug, log_dir, log_file } = config.DEFAULT;
  const level = debug ? "debug" : "info";
  const file = fileOf(log_dir, log_file ?? `${program}.log`);
  const streams: StreamEntry[] = [{ level, stream: pino.destination({ dest: 2, sync: true }) }];
  const problem = file === undefined ? undefined : whyNotWritable(file);
  if (file !== undefined && problem === undefined) {
    streams.push({ level, stream: pino.destination({ dest: file, append: true, sync: true }) });
  }
  const log = pino({ level, name: program, base: { pid: process.pid } }, multistream(streams));
  if (problem !== undefined) log.warn({ file }, `Log file cannot be written, only standard error is used: ${problem}`);
  return log;
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
