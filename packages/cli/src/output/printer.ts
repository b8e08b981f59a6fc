import { stringify } from "yaml";
import { UsageError } from "../exit-codes.ts";
import type { CliHost } from "../host.ts";
import { type Column, cellText, valueIn } from "./column.ts";
import { agoText } from "./duration.ts";
import { exchangeLine } from "./exchange.ts";
import { pad, widthOf, wrap } from "./fit.ts";
import { type Painter, painterFor, paintState } from "./style.ts";
import { tableText } from "./table.ts";

export const FORMATS = ["table", "json", "yaml", "csv", "value"] as const;
/** `exchange`: one JSON object per line for the plugin of openstackclient, which formats by itself. */
export type Format = (typeof FORMATS)[number] | "exchange";

/** Prints results as the caller asked for. `json` and `yaml` give resources as the API has them. */
export class Printer {
  readonly format: Format;
  readonly picks: readonly string[];
  readonly paint: Painter;
  /** Whether people read it, who can be told more than the result. */
  readonly isForPeople: boolean;
  readonly #host: Pick<CliHost, "stdout" | "env" | "clock">;

  constructor(
    host: Pick<CliHost, "stdout" | "env" | "clock">,
    options: { readonly format: Format; readonly picks: readonly string[]; readonly isForPeople?: boolean },
  ) {
    this.#host = host;
    this.format = options.format;
    this.picks = options.picks;
    this.isForPeople = options.isForPeople ?? options.format === "table";
    this.paint = painterFor(host.stdout, host.env);
  }

  /** Width of the terminal; undefined when output goes elsewhere: nothing is cut there. */
  get width(): number | undefined {
    return this.#host.stdout.isTTY ? (this.#host.stdout.columns ?? 80) : undefined;
  }

  write(text: string): void {
    this.#host.stdout.write(text);
  }

  /** Lines around the result that only people read. */
  tell(text: string): void {
    if (this.isForPeople) this.write(this.format === "exchange" ? `${JSON.stringify({ text })}\n` : text);
  }

  /** A list; in a table one line per item. */
  list<T extends object>(items: readonly T[], columns: readonly Column<T>[]): void {
    this.write(this.#listText(items, columns));
  }

  /** One resource; in a table one line per field. */
  record<T extends object>(item: T, columns: readonly Column<T>[]): void {
    this.write(this.#itemText(item, columns));
  }

  #listText<T extends object>(items: readonly T[], columns: readonly Column<T>[]): string {
    if (this.format === "json" || this.format === "yaml")
      return this.#data(items.map((item) => this.#picked(item, columns)));
    if (this.format === "exchange") return exchangeLine("list", items, columns);
    const chosen = this.#choose(columns, items[0]);
    const isForEyes = this.format === "table" && this.width !== undefined;
    const textOf = (item: T, column: Column<T>) =>
      (isForEyes ? this.#ago(item, column) : undefined) ?? cellText(valueIn(item, column));
    const rows = items.map((item) => chosen.map((column) => textOf(item, column)));
    const titles = chosen.map((column) => column.name);
    switch (this.format) {
      case "csv":
        return [titles, ...rows].map(csvLine).join("");
      case "value":
        return rows.map((row) => `${row.join(" ")}\n`).join("");
      case "table":
        return tableText(titles.map(heading), rows, {
          width: this.width,
          paint: this.paint,
          wrapped: new Set(chosen.flatMap(({ isWrapped }, i) => (isWrapped ? [i] : []))),
          // What was asked for by name is shown.
          ...(this.picks.length > 0
            ? {}
            : { minor: new Set(chosen.flatMap(({ isMinor }, i) => (isMinor ? [i] : []))) }),
        });
    }
  }

  #itemText<T extends object>(item: T, columns: readonly Column<T>[]): string {
    if (this.format === "json" || this.format === "yaml") return this.#data(this.#picked(item, columns));
    if (this.format === "exchange") return exchangeLine("record", [item], columns);
    const chosen = this.#choose(columns, item);
    const names = chosen.map((column) => column.name);
    const values = chosen.map((column) => cellText(valueIn(item, column)));
    switch (this.format) {
      case "csv":
        return [names, values].map(csvLine).join("");
      case "value":
        return values.map((value) => `${value}\n`).join("");
      case "table":
        return this.#recordText(
          names,
          values.map((value, i) => this.#withAgo(value, item, chosen[i])),
        );
    }
  }

  /** How long ago a time was; undefined for what is no time. */
  #ago<T extends object>(item: T, column: Column<T> | undefined): string | undefined {
    if (!column?.isTime) return undefined;
    const time = valueIn(item, column);
    return typeof time === "string" ? agoText(time, this.#host.clock.now()) : undefined;
  }

  #withAgo<T extends object>(value: string, item: T, column: Column<T> | undefined): string {
    const ago = this.width === undefined ? undefined : this.#ago(item, column);
    return ago === undefined ? value : `${value} (${ago})`;
  }

  #recordText(names: readonly string[], values: readonly string[]): string {
    const nameWidth = Math.max(0, ...names.map(widthOf));
    const rest = this.width === undefined ? undefined : Math.max(20, this.width - nameWidth - 2);
    const lines = names.flatMap((name, i) => {
      const value = values[i] ?? "";
      const [first = "", ...more] = rest === undefined ? value.split("\n") : wrap(value, rest);
      const head = `${this.paint(pad(name, nameWidth), "bold")}  ${paintState(first, this.paint)}`.trimEnd();
      return [head, ...more.map((line) => `${" ".repeat(nameWidth + 2)}${line}`)];
    });
    return `${lines.join("\n")}\n`;
  }

  #data(value: unknown): string {
    return this.format === "json" ? `${JSON.stringify(value, null, 2)}\n` : stringify(value);
  }

  #picked<T extends object>(item: T, columns: readonly Column<T>[]): unknown {
    if (this.picks.length === 0) return item;
    return Object.fromEntries(
      this.#choose(columns, item).map((column) => [column.name, valueIn(item, column) ?? null]),
    );
  }

  #choose<T extends object>(columns: readonly Column<T>[], sample: T | undefined): readonly Column<T>[] {
    if (this.picks.length === 0) return columns;
    const known = new Set([...columns.map((column) => column.name), ...Object.keys(sample ?? {})]);
    return this.picks.map((pick) => {
      const name = pick.toLowerCase().replaceAll(/[ -]/g, "_");
      const column = columns.find((one) => one.name === name || heading(one.name) === pick.toLowerCase());
      if (column) return column;
      if (sample === undefined || known.has(name)) return { name };
      throw new UsageError(`No column "${pick}". Columns: ${[...known].join(", ")}`);
    });
  }
}

/** Words over a column of a table; `-c` takes them too. */
function heading(name: string): string {
  return name.replace(/^is_/, "").replaceAll("_", " ");
}

function csvLine(cells: readonly string[]): string {
  return `${cells.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(",")}\n`;
}
