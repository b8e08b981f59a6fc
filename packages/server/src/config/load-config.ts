import { readFileSync } from "node:fs";
import { parseTransportUrl } from "../messaging/transport-url.ts";
import type { Config } from "./config.ts";
import { ConfigError, type ConfigProblem } from "./config-problem.ts";
import { parseDatabaseUrl } from "./database-url.ts";
import { type IniEntry, parseIni } from "./ini.ts";
import type { OptionTable } from "./option.ts";
import { BACKEND_OPTIONS, OPTIONS } from "./options.ts";
import { Settings } from "./settings.ts";
import { unknownNames } from "./unknown-names.ts";

/** Where the configuration comes from. */
export interface ConfigSources {
  /** In order; later ones win. See `findConfigFiles`. */
  readonly files: readonly string[];
  /** `OS_<GROUP>__<OPTION>` stands above all files. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Reads a file; the file system without it. */
  readonly read?: (file: string) => string;
}

export interface LoadedConfig {
  readonly config: Config;
  /** Unknown options and sections: not an error, but probably not meant. */
  readonly warnings: readonly ConfigProblem[];
}

/**
 * Reads the configuration.
 * @throws ConfigError naming every file, line, section and option that cannot be used, and what is accepted.
 */
export function loadConfig(sources: ConfigSources): LoadedConfig {
  const problems: ConfigProblem[] = [];
  const entries = sources.files.flatMap((file) => readEntries(file, sources, problems));
  const backendNames = new Settings(entries, sources.env, OPTIONS).value(
    "storage",
    "enabled_backends",
    OPTIONS.storage.enabled_backends,
  ) as readonly string[];
  const table = withBackends(backendNames, entries, problems);
  const settings = new Settings(entries, sources.env, table);
  const sections = Object.entries(OPTIONS).map(([name, options]) => [name, settings.section(name, options)]);
  const backends = backendNames.map((name) => Object.freeze({ name, ...settings.section(name, BACKEND_OPTIONS) }));
  problems.push(...settings.problems);
  const config = Object.freeze({ ...Object.fromEntries(sections), backends: Object.freeze(backends) }) as Config;
  if (problems.length === 0) problems.push(...crossChecks(config, entries));
  if (problems.length > 0) throw new ConfigError(problems);
  return { config, warnings: unknownNames(entries, table) };
}

function readEntries(file: string, sources: ConfigSources, problems: ConfigProblem[]): readonly IniEntry[] {
  const whole = { line: undefined, section: undefined, option: undefined };
  let text: string;
  try {
    text = (sources.read ?? ((name) => readFileSync(name, "utf8")))(file);
  } catch (error) {
    problems.push({ ...whole, source: file, text: `cannot be read: ${(error as Error).message}` });
    return [];
  }
  const { entries, faults } = parseIni(text, file);
  problems.push(...faults.map((fault) => ({ ...whole, source: fault.file, line: fault.line, text: fault.text })));
  return entries;
}

function withBackends(names: readonly string[], entries: readonly IniEntry[], problems: ConfigProblem[]): OptionTable {
  const table: Record<string, OptionTable[string]> = { ...OPTIONS };
  const stated = entries.findLast((entry) => entry.section === "storage" && entry.name === "enabled_backends");
  for (const name of names) {
    const isTaken = name in OPTIONS;
    if (isTaken || !entries.some((entry) => entry.section === name)) {
      const text = isTaken ? `${name} is a section of its own, not a backend` : `there is no section [${name}]`;
      const source = stated?.file ?? "environment";
      problems.push({ source, line: stated?.line, section: "storage", option: "enabled_backends", text });
    }
    if (!isTaken) table[name] = BACKEND_OPTIONS;
  }
  return table;
}

/** What one option's own form does not show. */
function crossChecks(config: Config, entries: readonly IniEntry[]): readonly ConfigProblem[] {
  const at = (section: string, option: string, text: string): ConfigProblem => {
    const entry = entries.findLast((candidate) => candidate.section === section && candidate.name === option);
    return { source: entry?.file ?? "configuration", line: entry?.line, section, option, text };
  };
  const problems: ConfigProblem[] = [];
  const transport = parseTransportUrl(config.DEFAULT.transport_url);
  if ("fault" in transport) problems.push(at("DEFAULT", "transport_url", transport.fault));
  if (config.database.connection !== undefined) {
    const parsed = parseDatabaseUrl(config.database.connection);
    if ("fault" in parsed) problems.push(at("database", "connection", parsed.fault));
  }
  for (const backend of config.backends.filter(({ driver }) => driver === "flasharray")) {
    if (!backend.fa_url) problems.push(at(backend.name, "fa_url", "is needed by the driver flasharray"));
    if (!backend.fa_api_token) problems.push(at(backend.name, "fa_api_token", "is needed by the driver flasharray"));
  }
  for (const { name } of config.backends.filter(({ driver }) => driver === "mock")) {
    const text = `names a file with the driver mock: only letters, digits, "-" and "_" in [${name}] are accepted`;
    if (!/^[A-Za-z0-9_-]{1,56}$/.test(name)) problems.push(at(name, "driver", text));
  }
  return problems;
}
