import { Command } from "commander";
import type { Act } from "./commands/command.ts";
import { addCommands } from "./commands/index.ts";
import { addGlobalOptions } from "./global-options.ts";
import { VERSION } from "./version.ts";

/** The whole command line: every noun, verb and option. */
export function buildProgram(actOf: (program: Command) => Act): Command {
  const program = new Command("protector").description(
    "Disaster recovery for OpenStack: protection groups that fail over between two clouds",
  );
  program.version(`protector ${VERSION}`, "--version");
  addGlobalOptions(program);
  addCommands(program, actOf(program));
  return program;
}
