import type { PageRequest } from "@protector/client";
import type { Command } from "commander";
import { UsageError } from "../exit-codes.ts";
import { positive } from "../global-options.ts";

/** Lets a command that lists show a part of its list, by the options of openstackclient. */
export function paged(command: Command): Command {
  return command
    .option("--limit <count>", "at most so many rows", positive)
    .option("--marker <id>", "what comes after the row of this id: the last one of the page before");
}

/** A row that people know by its name, too. */
interface Row {
  readonly id: string;
  readonly name?: string;
}

/**
 * The wanted part of a list that is at hand as a whole.
 * @throws UsageError when no row has the marker's id or name.
 */
export function pageOf<T extends Row>(rows: readonly T[], { limit, marker }: PageRequest): readonly T[] {
  const at = marker === undefined ? -1 : rows.findIndex(({ id, name }) => id === marker || name === marker);
  if (marker !== undefined && at < 0)
    throw new UsageError(
      `--marker ${marker}: the list has no such row. It takes the last row of the page before, by its id or name.`,
    );
  return rows.slice(at + 1, limit === undefined ? undefined : at + 1 + limit);
}
