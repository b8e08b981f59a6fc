import type { Command, Option } from "commander";

/** One word that could stand there. */
export interface Candidate {
  readonly value: string;
  /** Beside it where the shell shows one. */
  readonly help: string;
}

/** Kinds of things whose names come from the clouds. */
export const NAMED_KINDS = [
  "cloud",
  "group",
  "kept_snapshot",
  "member",
  "operation",
  "plan",
  "point",
  "schedule",
  "server",
  "site",
  "tenant_mapping",
] as const;
export type NamedKind = (typeof NAMED_KINDS)[number];

/** What the last word of a line can be. */
export type Wanted =
  | { readonly kind: "words"; readonly words: readonly Candidate[] }
  | { readonly kind: "names"; readonly of: NamedKind; readonly group: string | undefined }
  | { readonly kind: "files" }
  | { readonly kind: "nothing" };

const NOTHING: Wanted = { kind: "nothing" };

/** What arguments and options stand for, by their names in the definitions of the commands. */
const KINDS: Readonly<Record<string, NamedKind | "file">> = {
  group: "group",
  member: "member",
  server: "server",
  operation: "operation",
  plan: "plan",
  schedule: "schedule",
  snapshot: "kept_snapshot",
  file: "file",
  site: "site",
  mapping: "tenant_mapping",
  "--os-cloud": "cloud",
  "--secondary-cloud": "cloud",
  "--protection-group": "group",
  "--recovery-plan": "plan",
  "--depends-on": "member",
  "--point": "point",
  "--test": "operation",
  "--from": "site",
  "--at": "site",
  "--after": "group",
  "--site": "site",
  "--from-file": "file",
  "--plan-file": "file",
  "--ca-file": "file",
  "--os-cacert": "file",
};

/** A line as far as it has been read. */
interface Line {
  readonly command: Command;
  readonly operands: readonly string[];
  readonly given: ReadonlySet<string>;
  /** Option whose value comes next. */
  readonly open: Option | undefined;
  readonly isOnlyOperands: boolean;
}

/**
 * What the last of the words may become.
 * @param words behind the program's name; the last is the one that is being typed, perhaps empty.
 */
export function wantedAt(program: Command, words: readonly string[]): Wanted {
  const partial = words.at(-1) ?? "";
  const line = readLine(program, words.slice(0, -1));
  if (!line) return NOTHING;
  const { command, operands, open } = line;
  if (open) return wantedBy(open.long ?? "", open.argChoices, operands);
  if (partial.startsWith("-") && !line.isOnlyOperands)
    return {
      kind: "words",
      words: optionsOf(program, line).map(({ long, description }) => ({ value: long ?? "", help: description })),
    };
  if (command.commands.length > 0) return { kind: "words", words: verbsOf(command) };
  const [first = operands.length, last] = [operands.length, command.registeredArguments.at(-1)];
  const argument = command.registeredArguments[first] ?? (last?.variadic ? last : undefined);
  return argument ? wantedBy(argument.name(), argument.argChoices, operands) : NOTHING;
}

function readLine(program: Command, words: readonly string[]): Line | undefined {
  let line: Line = { command: program, operands: [], given: new Set(), open: undefined, isOnlyOperands: false };
  for (const word of words) {
    const next = readWord(program, line, word);
    if (!next) return undefined;
    line = next;
  }
  return line;
}

function readWord(program: Command, line: Line, word: string): Line | undefined {
  if (line.open) return { ...line, open: undefined };
  if (word === "--" && !line.isOnlyOperands) return { ...line, isOnlyOperands: true };
  if (word.startsWith("-") && !line.isOnlyOperands) {
    const [flag = ""] = word.split("=");
    const option = optionNamed(program, line.command, flag);
    const takesNext = option !== undefined && (option.required || option.optional) && !word.includes("=");
    return { ...line, given: new Set([...line.given, flag]), open: takesNext ? option : undefined };
  }
  if (line.command.commands.length === 0) return { ...line, operands: [...line.operands, word] };
  const command = line.command.commands.find((one) => one.name() === word || one.aliases().includes(word));
  return command && { ...line, command };
}

function optionNamed(program: Command, command: Command, flag: string): Option | undefined {
  return [...command.options, ...program.options].find(({ long, short }) => long === flag || short === flag);
}

function optionsOf(program: Command, { command, given }: Line): readonly Option[] {
  const own = command === program ? [] : command.options;
  const shown = [...own, ...program.options].filter((option) => !option.hidden && option.long);
  return shown.filter(({ long, parseArg }) => parseArg !== undefined || !given.has(long ?? ""));
}

function verbsOf(command: Command): readonly Candidate[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map((verb) => ({ value: verb.name(), help: verb.description() }));
}

function wantedBy(name: string, choices: readonly string[] | undefined, operands: readonly string[]): Wanted {
  if (choices) return { kind: "words", words: choices.map((value) => ({ value, help: "" })) };
  const kind = KINDS[name];
  if (kind === undefined) return NOTHING;
  return kind === "file" ? { kind: "files" } : { kind: "names", of: kind, group: operands[0] };
}
