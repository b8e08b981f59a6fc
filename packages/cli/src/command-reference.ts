import { CALLS, callsText, exitCodesOf } from "./commands/calls.ts";
import { type CommandManifest, describeCommands, type OptionManifest } from "./manifest.ts";

/** One command as the documentation tells it. */
export interface CommandReference {
  /** `protection-group set <group> [--name <name>]` */
  readonly usage: string;
  readonly help: string;
  /** Other words that mean the same. */
  readonly aliases: readonly string[];
  /** What it asks of the API, in Markdown. */
  readonly calls: string;
  readonly columns: readonly string[];
  readonly exitCodes: readonly number[];
}

/** Commands that begin with the same noun. */
export interface CommandSection {
  /** Undefined = those without a noun. */
  readonly noun: string | undefined;
  readonly help: string;
  readonly commands: readonly CommandReference[];
}

/** Every command, by noun, in the order of the program's help. @throws Error for one whose calls are not described. */
export function commandReference(): readonly CommandSection[] {
  const { commands, nouns } = describeCommands();
  const sections = Map.groupBy(commands, ({ words }) => (words.length > 1 ? words[0] : undefined));
  return [...sections].map(([noun, those]) => ({
    noun,
    help: noun === undefined ? "recovery, and this workstation" : (nouns[noun] ?? ""),
    commands: those.map(referenceOf),
  }));
}

function referenceOf(command: CommandManifest): CommandReference {
  const words = command.words.join(" ");
  const calls = CALLS[words];
  if (!calls) throw new Error(`Nothing says what "${words}" asks of the API: packages/cli/src/commands/calls.ts`);
  const operands = command.arguments.map(({ name, isMany, isRequired }) => {
    const text = `<${name}${isMany ? "..." : ""}>`;
    return isRequired ? text : `[${text}]`;
  });
  return {
    usage: [words, ...operands, ...command.options.map(optionText)].join(" "),
    help: command.help,
    aliases: command.aliases.map((alias) => alias.join(" ")),
    calls: callsText(calls),
    columns: command.columns,
    exitCodes: exitCodesOf(calls),
  };
}

function optionText({ flag, value, isRequired }: OptionManifest): string {
  const text = value === null ? flag : `${flag} <${value}>`;
  return isRequired ? text : `[${text}]`;
}
