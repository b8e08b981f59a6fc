import { Command, CommanderError } from "commander";
import type { Act } from "./commands/command.ts";
import { addCommands } from "./commands/index.ts";
import { CommandContext } from "./context.ts";
import { debugTransport } from "./debug-transport.ts";
import { EXIT, exitCodeOf } from "./exit-codes.ts";
import { addGlobalOptions, readGlobalOptions } from "./global-options.ts";
import type { CliHost } from "./host.ts";
import { errorText } from "./output/error-text.ts";
import { painterFor } from "./output/style.ts";
import { VERSION } from "./version.ts";

/**
 * Runs one command line.
 * @returns the exit code ({@link EXIT}); never throws.
 */
export async function runCli(host: CliHost): Promise<number> {
  const program = new Command("protector");
  let exitCode: number = EXIT.done;
  const act: Act = async (run) => {
    const options = readGlobalOptions(program);
    const transport = options.debug ? debugTransport(host.transport, host.stderr, host.clock) : host.transport;
    const context = new CommandContext({ ...host, transport }, options);
    await run(context);
    exitCode = context.exitCode;
  };
  program
    .version(`protector ${VERSION}`, "--version")
    .description("Disaster recovery for OpenStack: protection groups that fail over between two clouds")
    .configureOutput({
      writeOut: (text) => host.stdout.write(text),
      writeErr: (text) => host.stderr.write(text),
      getOutHelpWidth: () => host.stdout.columns ?? 100,
      getErrHelpWidth: () => host.stderr.columns ?? 100,
      outputError: (text, write) => write(text.replace(/^error: /, "Error: ")),
    })
    .showHelpAfterError("(add --help for the options)");
  addGlobalOptions(program);
  addCommands(program, act);
  applyToAll(program, (command) => command.exitOverride());
  try {
    await program.parseAsync([...host.argv], { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    if (host.interrupt?.aborted && error === host.interrupt.reason) return EXIT.interrupted;
    host.stderr.write(errorText(error, painterFor(host.stderr, host.env)));
    return exitCodeOf(error);
  }
}

function applyToAll(command: Command, apply: (command: Command) => void): void {
  apply(command);
  for (const child of command.commands) {
    child.copyInheritedSettings(command);
    applyToAll(child, apply);
  }
}
