import { badRequest } from "./rest-error.ts";

/** The query of one request, read by type. */
export class Query {
  readonly #values: URLSearchParams;

  constructor(values: URLSearchParams) {
    this.#values = values;
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  text(name: string): string | undefined {
    return this.#values.get(name) ?? undefined;
  }

  /** A comma list; undefined when absent. */
  list(name: string): readonly string[] | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const list = text.split(",").filter((element) => element !== "");
    if (list.length === 0) throw badRequest(`Invalid value for parameter '${name}'.`);
    return list;
  }

  /** A list that must be there. */
  required(name: string): readonly string[] {
    const list = this.list(name);
    if (!list) throw badRequest(`Missing parameter '${name}'.`);
    return list;
  }

  flag(name: string): boolean | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    if (text !== "true" && text !== "false") throw badRequest(`Invalid value for parameter '${name}'.`);
    return text === "true";
  }

  number(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    if (!/^\d+$/.test(text)) throw badRequest(`Invalid value for parameter '${name}'.`);
    return Number(text);
  }
}
