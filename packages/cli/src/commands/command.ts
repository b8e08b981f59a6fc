import type { Command } from "commander";
import type { CommandContext } from "../context.ts";
import type { Column } from "../output/column.ts";

/** Runs a command's work with the context that the global options give. */
export type Act = (run: (context: CommandContext) => Promise<void>) => Promise<void>;

/** What a command prints when it succeeds. */
export interface Outcome {
  /** `record`: one resource, field by field. */
  readonly kind: "list" | "record" | "nothing";
  /** Names of what is shown without `-c`, in order. */
  readonly columns: readonly string[];
}

const OUTCOMES = new WeakMap<Command, Outcome>();

/** Tells what a command prints, for those who describe it. */
export function yields<T>(command: Command, kind: "list" | "record", columns: readonly Column<T>[]): Command {
  OUTCOMES.set(command, { kind, columns: columns.map(({ name }) => name) });
  return command;
}

/** What {@link yields} told of a command; else that it prints nothing. */
export function outcomeOf(command: Command): Outcome {
  return OUTCOMES.get(command) ?? { kind: "nothing", columns: [] };
}
