import { OutsideError } from "@protector/ports";

/** Where an answer came from; goes into the error when it cannot be read. */
export interface AnswerSource {
  readonly service: string;
  /** Method and path without query. */
  readonly call: string;
  readonly status: number;
  readonly remoteRequestId: string | undefined;
  /** Whether the call that was answered may have changed something. */
  readonly isWrite: boolean;
}

/**
 * Reads one JSON object of an answer. Essential fields are asked by `text`, `number`, `object`, `list`; what only
 * administrators or newer releases see, by the methods whose name says what they give instead.
 */
export class Fields {
  readonly #value: Readonly<Record<string, unknown>>;
  readonly #source: AnswerSource;
  readonly #path: string;

  /** @throws OutsideError `final` when `value` is not an object. */
  constructor(value: unknown, source: AnswerSource, path = "") {
    if (!isRecord(value)) throw unreadable(source, `${path || "the answer"} is not an object`);
    this.#value = value;
    this.#source = source;
    this.#path = path;
  }

  /** @throws OutsideError `final` when the field is not a string. */
  text(key: string): string {
    return this.optionalText(key) ?? this.#missing(key, "a string");
  }

  optionalText(key: string): string | undefined {
    const value = this.#value[key];
    return typeof value === "string" ? value : undefined;
  }

  textOrNull(key: string): string | null {
    return this.optionalText(key) ?? null;
  }

  /** @throws OutsideError `final` when the field is neither a number nor a numeral. */
  number(key: string): number {
    return this.optionalNumber(key) ?? this.#missing(key, "a number");
  }

  /** Numerals count: releases differ in how they write quota values and swap sizes. */
  optionalNumber(key: string): number | undefined {
    const value = this.#value[key];
    if (typeof value === "number") return value;
    if (typeof value === "string" && value.trim() !== "" && Number.isFinite(Number(value))) return Number(value);
    return undefined;
  }

  /** True for `true` and for the texts `True` and `true`, as OpenStack writes some of its booleans. */
  flag(key: string): boolean {
    const value = this.#value[key];
    return value === true || (typeof value === "string" && value.toLowerCase() === "true");
  }

  has(key: string): boolean {
    return this.#value[key] !== undefined && this.#value[key] !== null;
  }

  /** @throws OutsideError `final` when the field is not an object. */
  object(key: string): Fields {
    return new Fields(this.#value[key], this.#source, this.#join(key));
  }

  optionalObject(key: string): Fields | undefined {
    const value = this.#value[key];
    return isRecord(value) ? new Fields(value, this.#source, this.#join(key)) : undefined;
  }

  /** @throws OutsideError `final` when the field is not a list of objects. */
  list(key: string): readonly Fields[] {
    const value = this.#value[key];
    if (!Array.isArray(value)) return this.#missing(key, "a list");
    return value.map((item, index) => new Fields(item, this.#source, `${this.#join(key)}[${index}]`));
  }

  /** Empty when the field is absent. */
  optionalList(key: string): readonly Fields[] {
    return Array.isArray(this.#value[key]) ? this.list(key) : [];
  }

  /** The strings of a list; empty when the field is absent. */
  texts(key: string): readonly string[] {
    const value = this.#value[key];
    return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
  }

  /** An object of scalars as texts; empty when the field is absent. */
  textMap(key: string): Readonly<Record<string, string>> {
    const value = this.#value[key];
    if (!isRecord(value)) return {};
    const entries = Object.entries(value).filter(([, item]) => item !== null && typeof item !== "object");
    return Object.fromEntries(entries.map(([name, item]) => [name, String(item)]));
  }

  /** The field as it came; an empty object when it is not one. */
  rawMap(key: string): Readonly<Record<string, unknown>> {
    const value = this.#value[key];
    return isRecord(value) ? value : {};
  }

  keys(): readonly string[] {
    return Object.keys(this.#value);
  }

  #join(key: string): string {
    return this.#path ? `${this.#path}.${key}` : key;
  }

  #missing(key: string, kind: string): never {
    throw unreadable(this.#source, `the answer has no field ${this.#join(key)} that is ${kind}`);
  }
}

/** @throws OutsideError `final` when `body` is not a JSON object. The body itself is never quoted: it may hold secrets. */
export function readJson(body: string, source: AnswerSource): Fields {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw unreadable(source, `the answer is not JSON (${body.length} characters)`);
  }
  return new Fields(value, source);
}

function unreadable(source: AnswerSource, detail: string): OutsideError {
  const { isWrite, ...facts } = source;
  return new OutsideError({ ...facts, detail, failureClass: "final", effect: isWrite ? "unknown" : "none" });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
