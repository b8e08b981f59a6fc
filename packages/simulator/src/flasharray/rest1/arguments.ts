import { ArrayError } from "../block-array.ts";

const UNITS: Readonly<Record<string, number>> = {
  S: 512,
  K: 2 ** 10,
  M: 2 ** 20,
  G: 2 ** 30,
  T: 2 ** 40,
  P: 2 ** 50,
};

/** The arguments of one call, whichever way they came: in a JSON body (on GET and DELETE too) or in the query. */
export class Arguments {
  readonly #values: ReadonlyMap<string, unknown>;

  constructor(query: URLSearchParams, body: Readonly<Record<string, unknown>>) {
    const values = new Map<string, unknown>(query);
    for (const [key, value] of Object.entries(body)) values.set(key, value);
    this.#values = values;
  }

  /** @throws ArrayError for an argument outside of the list. */
  requireKnown(known: readonly string[]): void {
    for (const key of this.#values.keys()) {
      if (!known.includes(key)) throw new ArrayError(key, "Unrecognized argument.");
    }
  }

  has(key: string): boolean {
    return this.#values.has(key);
  }

  text(key: string): string | undefined {
    const value = this.#values.get(key);
    if (value !== undefined && typeof value !== "string") throw invalid(key);
    return value;
  }

  /** Whether the argument is empty text, which takes a setting away. */
  isCleared(key: string): boolean {
    return this.#values.get(key) === "";
  }

  flag(key: string): boolean | undefined {
    const value = this.#values.get(key);
    if (value === undefined || typeof value === "boolean") return value;
    if (value === "true" || value === "false") return value === "true";
    throw invalid(key);
  }

  /** A number, also as text with a unit (`S` sector of 512 bytes, `K` to `P`). */
  number(key: string): number | undefined {
    const value = this.#values.get(key);
    if (value === undefined) return undefined;
    if (typeof value === "number" && Number.isInteger(value)) return value;
    const match = typeof value === "string" ? /^(\d+)([SKMGTP]?)B?$/i.exec(value) : null;
    if (!match) throw invalid(key);
    return Number(match[1]) * (UNITS[(match[2] ?? "").toUpperCase()] ?? 1);
  }

  /** A list of names; in the query a comma list. */
  names(key: string): readonly string[] | undefined {
    const value = this.#values.get(key);
    if (value === undefined) return undefined;
    const list = typeof value === "string" ? value.split(",") : value;
    if (!Array.isArray(list) || list.some((name) => typeof name !== "string" || name === "")) throw invalid(key);
    return list;
  }

  /** @throws ArrayError when it is missing. */
  requiredNames(key: string): readonly string[] {
    const names = this.names(key);
    if (!names || names.length === 0) throw new ArrayError(key, "Missing argument.");
    return names;
  }
}

function invalid(key: string): ArrayError {
  return new ArrayError(key, "Invalid argument.");
}
