import { systemClock } from "@protector/ports";
import { Command, CommanderError } from "commander";
import { ConfigError, describeProblem, type LoadedConfig, renderSample } from "../config/index.ts";
import type { DatabaseConnection } from "../db/index.ts";
import { renderPolicy } from "../policy/index.ts";
import { addDatabaseCommands } from "./manage-database.ts";
import { addOperationCommands } from "./manage-operations.ts";
import { loadProgramConfig, openSiteDatabase } from "./program.ts";
import { VERSION } from "./version.ts";

/** What a command of `protector-manage` works with. */
export interface ManageContext {
  /** The configuration; warnings have been told. */
  config(): LoadedConfig["config"];
  /** Runs with the site's database, and closes it. */
  withDatabase<T>(work: (database: DatabaseConnection) => Promise<T>): Promise<T>;
  out(text: string): void;
  /** Sets the exit status; 0 unless a command says otherwise. */
  exit(status: number): void;
}

/**
 * The program `protector-manage`.
 * @param args command line without program.
 * @returns exit status: 0, 1 when it failed or found something, 2 for wrong usage.
 */
export async function runManage(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  let status = 0;
  const program = new Command("protector-manage")
    .version(`protector-manage ${VERSION}`, "--version")
    .description("Administration of a Protector site on the machine it runs on")
    .option("--config-file <path>", "configuration file; may be repeated, later ones win", collect, [])
    .option("--config-dir <path>", "directory of *.conf files; may be repeated", collect, [])
    .showHelpAfterError("(add --help for the commands)");
  const load = (): LoadedConfig => {
    const { configFile, configDir } = program.opts<{ configFile: string[]; configDir: string[] }>();
    return loadProgramConfig({ files: configFile, directories: configDir }, env);
  };
  const context: ManageContext = {
    config: () => {
      const loaded = load();
      for (const warning of loaded.warnings) process.stderr.write(`Warning: ${describeProblem(warning)}\n`);
      return loaded.config;
    },
    withDatabase: async (work) => {
      const database = openSiteDatabase(context.config(), systemClock);
      try {
        return await work(database);
      } finally {
        await database.close();
      }
    },
    out: (text) => process.stdout.write(text),
    exit: (wanted) => {
      status = wanted;
    },
  };
  addDatabaseCommands(program, context);
  addOperationCommands(program, context);
  addConfigCommands(program, load, context);
  exitInsteadOfEnding(program);
  try {
    await program.parseAsync([...args], { from: "user" });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    process.stderr.write(`protector-manage: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

function addConfigCommands(program: Command, load: () => LoadedConfig, { out, exit }: ManageContext): void {
  const config = program.command("config").description("protector.conf");
  config
    .command("generate")
    .description("print a file with every option, its help and its default")
    .action(() => out(renderSample()));
  config
    .command("validate")
    .description("read the configuration; what is unknown in it is an error here")
    .action(() => {
      try {
        const { warnings } = load();
        for (const warning of warnings) process.stderr.write(`${describeProblem(warning)}\n`);
        if (warnings.length === 0) out("The configuration is valid.\n");
        exit(warnings.length === 0 ? 0 : 1);
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        process.stderr.write(`${error.message}\n`);
        exit(1);
      }
    });
  program
    .command("policy")
    .description("policy.yaml")
    .command("generate")
    .description("print a file with every rule, what it is for and its default")
    .action(() => out(renderPolicy()));
}

/** Wrong usage is an exit status of ours, not an exit of the process in the midst of it. */
function exitInsteadOfEnding(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) {
    child.copyInheritedSettings(command);
    exitInsteadOfEnding(child);
  }
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
