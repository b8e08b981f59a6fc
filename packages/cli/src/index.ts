export { EXIT } from "./exit-codes.ts";
export type { CliHost, Output } from "./host.ts";
export { runCli } from "./run-cli.ts";
