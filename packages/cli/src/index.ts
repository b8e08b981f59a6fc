export { type CommandReference, type CommandSection, commandReference } from "./command-reference.ts";
export { CALLS, FLOW_CALLS } from "./commands/calls.ts";
export { SCRIPTS as COMPLETION_SCRIPTS } from "./completion/scripts.ts";
export { EXIT, EXIT_MEANINGS } from "./exit-codes.ts";
export type { CliHost, Output } from "./host.ts";
export { type CommandManifest, describeCommands, type Manifest } from "./manifest.ts";
export { runCli } from "./run-cli.ts";
