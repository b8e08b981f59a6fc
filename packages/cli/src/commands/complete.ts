import { Argument, type Command } from "commander";
import { SCRIPTS, SHELLS, type Shell } from "../completion/scripts.ts";

/** `protector complete` */
export function addCompleteCommand(program: Command): void {
  const complete = program
    .command("complete")
    .addArgument(new Argument("<shell>", "the shell").choices(SHELLS))
    .description("print what teaches a shell to complete commands and names");
  complete.action((shell: Shell) => complete.configureOutput().writeOut?.(SCRIPTS[shell]));
}
