export { type ChangedOption, changedOptions } from "./changed-options.ts";
export type { BackendConfig, Config } from "./config.ts";
export { type ConfigFileChoice, findConfigFiles } from "./config-files.ts";
export { ConfigError, type ConfigProblem, describeProblem } from "./config-problem.ts";
export { type ParsedDatabaseUrl, parseDatabaseUrl } from "./database-url.ts";
export { type ConfigSources, type LoadedConfig, loadConfig } from "./load-config.ts";
export { renderSample } from "./render-sample.ts";
export { shownOptions } from "./shown-options.ts";
