import { type Command, CommanderError } from "commander";
import { COMPLETE_WORDS, completeWords } from "./completion/complete-words.ts";
import { CommandContext } from "./context.ts";
import { debugTransport } from "./debug-transport.ts";
import { EXIT, exitCodeOf } from "./exit-codes.ts";
import { readGlobalOptions } from "./global-options.ts";
import { type CliHost, terminalWidth } from "./host.ts";
import { describeCommands } from "./manifest.ts";
import { errorText } from "./output/error-text.ts";
import { painterFor } from "./output/style.ts";
import { buildProgram } from "./program.ts";

/** First argument with which the plugin of openstackclient asks what this release knows. */
const DESCRIBE_COMMANDS = "describe-commands";

/**
 * Runs one command line.
 * @returns the exit code ({@link EXIT}); never throws.
 */
export async function runCli(host: CliHost): Promise<number> {
  const [first, second, ...words] = host.argv;
  if (first === COMPLETE_WORDS && second === "--")
    return completeWords(
      host,
      buildProgram(() => async () => {}),
      words,
    );
  if (first === DESCRIBE_COMMANDS) {
    host.stdout.write(`${JSON.stringify(describeCommands())}\n`);
    return EXIT.done;
  }
  let exitCode: number = EXIT.done;
  const program = buildProgram((program) => async (run) => {
    const options = readGlobalOptions(program);
    const transport = options.debug ? debugTransport(host.transport, host.stderr, host.clock) : host.transport;
    const context = new CommandContext({ ...host, transport }, options);
    await run(context);
    exitCode = context.exitCode;
  });
  program
    .configureOutput({
      writeOut: (text) => host.stdout.write(text),
      writeErr: (text) => host.stderr.write(text),
      getOutHelpWidth: () => host.stdout.columns ?? 100,
      getErrHelpWidth: () => host.stderr.columns ?? 100,
      outputError: (text, write) => write(text.replace(/^error: /, "Error: ")),
    })
    .showHelpAfterError("(add --help for the options)");
  applyToAll(program, (command) => command.exitOverride());
  try {
    await program.parseAsync([...host.argv], { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    if (host.interrupt?.aborted) return EXIT.interrupted;
    host.stderr.write(errorText(error, painterFor(host.stderr, host.env), terminalWidth(host.stderr)));
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
