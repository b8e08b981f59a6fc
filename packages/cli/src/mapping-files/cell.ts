import { UsageError } from "../exit-codes.ts";

/** Where something stands in a file that people edit; both count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A value of a file with its place. */
export interface Cell {
  readonly text: string;
  readonly place: Place;
}

/** One mapping or one network interface of a file: its values by the names of their columns. */
export interface FileRow {
  readonly cells: ReadonlyMap<string, Cell>;
  /** Where it begins. */
  readonly place: Place;
}

/** What the files say. */
export interface FileContent {
  readonly mappings: readonly FileRow[];
  readonly nics: readonly FileRow[];
}

/** Columns of mappings, and of network interfaces. What begins with `now_` is there for people and is not read. */
export const MAPPING_COLUMNS = ["kind", "source", "target"] as const;
export const NIC_COLUMNS = [
  "member",
  "nic",
  "now_network",
  "now_addresses",
  "set",
  "network",
  "addresses",
  "mac",
  "port_security",
  "security_groups",
  "floating_ips",
] as const;
export type NicColumn = (typeof NIC_COLUMNS)[number];

/** Everything that is wrong with some files: people mend them in one go. */
export class FileProblems {
  readonly #found: { readonly place: Place; readonly text: string }[] = [];

  /** @param text what is wrong, and what to write. */
  add(place: Place, text: string): void {
    this.#found.push({ place, text });
  }

  /** @throws UsageError that lists the problems, in the order of the lines, when there are any. */
  raise(): void {
    if (this.#found.length === 0) return;
    const sorted = [...this.#found].sort(
      (a, b) =>
        a.place.file.localeCompare(b.place.file) || a.place.line - b.place.line || a.place.column - b.place.column,
    );
    const shown = sorted
      .slice(0, SHOWN)
      .map(({ place, text }) => `${place.file}:${place.line}:${place.column}: ${text}`);
    const more = sorted.length > SHOWN ? [`… and ${sorted.length - SHOWN} more.`] : [];
    throw new UsageError(["Nothing has been changed.", ...shown, ...more].join("\n"));
  }
}

const SHOWN = 20;

/** Items of a cell that holds several: `a; b`. */
export function itemsOf({ text }: Cell): readonly string[] {
  return text
    .split(";")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}
