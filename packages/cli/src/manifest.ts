import type { Argument, Command, Option } from "commander";
import { outcomeOf } from "./commands/command.ts";
import { collect } from "./global-options.ts";
import { buildProgram } from "./program.ts";
import { VERSION } from "./version.ts";

/** One option of a command. */
export interface OptionManifest {
  readonly flag: string;
  /** What stands for its value in help texts; null = it has none. */
  readonly value: string | null;
  readonly help: string;
  readonly isRequired: boolean;
  readonly isRepeatable: boolean;
  readonly choices: readonly string[];
}

/** One argument of a command. */
export interface ArgumentManifest {
  readonly name: string;
  readonly help: string;
  readonly isRequired: boolean;
  readonly isMany: boolean;
}

/** One command, for programs that offer it under their own name. */
export interface CommandManifest {
  /** Words behind `protector`. */
  readonly words: readonly string[];
  /** Other words that mean the same. */
  readonly aliases: readonly (readonly string[])[];
  readonly help: string;
  readonly kind: "list" | "record" | "nothing";
  /** What is shown when no column is named. */
  readonly columns: readonly string[];
  readonly arguments: readonly ArgumentManifest[];
  readonly options: readonly OptionManifest[];
}

/** The whole command line. */
export interface Manifest {
  readonly version: string;
  readonly nouns: Readonly<Record<string, string>>;
  readonly commands: readonly CommandManifest[];
  /** Options that every command takes and that no host program has by itself. */
  readonly common: readonly OptionManifest[];
}

/** Global options that a host program has of its own: which cloud, how to print, how much to tell. */
const OF_THE_HOST = ["--version", "--os-cloud", "--secondary-cloud", "--format", "--column", "--debug"];

/** Commands that are about this program itself: a host program has its own. */
const OF_THE_PROGRAM = ["complete"];

/** Describes every command, made from the definitions that run. */
export function describeCommands(): Manifest {
  const program = buildProgram(() => async () => {});
  const offered = program.commands.filter((command) => !OF_THE_PROGRAM.includes(command.name()));
  const nouns = offered.filter((command) => command.commands.length > 0);
  return {
    version: VERSION,
    nouns: Object.fromEntries(nouns.map((noun) => [noun.name(), noun.description()])),
    commands: offered.flatMap((command) =>
      command.commands.length === 0 ? [describe(command)] : command.commands.map((verb) => describe(verb, command)),
    ),
    common: program.options.filter((option) => !option.hidden && !isOfHost(option)).map(optionOf),
  };
}

function isOfHost({ long }: Option): boolean {
  return OF_THE_HOST.includes(long ?? "");
}

function describe(command: Command, noun?: Command): CommandManifest {
  const verbs = [command.name(), ...command.aliases()];
  const spellings = noun
    ? [noun.name(), ...noun.aliases()].flatMap((first) => verbs.map((verb) => [first, verb]))
    : verbs.map((verb) => [verb]);
  const [words = [], ...aliases] = spellings;
  return {
    words,
    aliases,
    help: command.description(),
    ...outcomeOf(command),
    arguments: command.registeredArguments.map(argumentOf),
    options: command.options.filter((option) => !option.hidden).map(optionOf),
  };
}

function argumentOf(argument: Argument): ArgumentManifest {
  return {
    name: argument.name(),
    help: argument.description,
    isRequired: argument.required,
    isMany: argument.variadic,
  };
}

function optionOf(option: Option): OptionManifest {
  const takesValue = option.required || option.optional;
  return {
    flag: option.long ?? option.flags,
    value: takesValue ? (/[<[]([^>\]]+)/.exec(option.flags)?.[1] ?? "value") : null,
    help: option.description,
    isRequired: option.mandatory,
    isRepeatable: option.variadic || option.parseArg === collect,
    choices: option.argChoices ?? [],
  };
}
