import { badRequest } from "./rest-error.ts";

/** Says whether an item passes. */
export type Predicate = (item: unknown) => boolean;

type Token =
  | { readonly kind: "word"; readonly text: string }
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "sign"; readonly text: string };

/**
 * Reads a `filter=` expression: comparisons (`=`, `!=`, `>`, `>=`, `<`, `<=`), lists `name=('a','b')`, `contains(field,'x')`,
 * `not(…)`, `and`, `or`, brackets, bare booleans, dotted members, `*` in strings. A quoted number equals the number.
 * @throws RestError 400 when the expression cannot be read.
 */
export function parseFilter(text: string): Predicate {
  const reader = new Reader(tokenize(text));
  const predicate = readOr(reader);
  if (reader.peek()) throw badRequest(`Invalid filter: unexpected '${reader.peek()?.text}'.`);
  return predicate;
}

class Reader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  peek(): Token | undefined {
    return this.#tokens[this.#at];
  }

  next(): Token {
    const token = this.#tokens[this.#at++];
    if (!token) throw badRequest("Invalid filter: unexpected end.");
    return token;
  }

  /** Takes the next token when it is this sign or bare word. */
  take(text: string): boolean {
    const token = this.peek();
    if (!token || token.kind === "literal" || token.text.toLowerCase() !== text) return false;
    this.#at += 1;
    return true;
  }

  expect(text: string): void {
    if (!this.take(text)) throw badRequest(`Invalid filter: '${text}' expected.`);
  }
}

function tokenize(text: string): Token[] {
  const pattern = /\s*(?:('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(>=|<=|!=|=|>|<|\(|\)|,)|([^\s'"()=<>!,]+))/gy;
  const tokens: Token[] = [];
  let at = 0;
  for (const match of text.matchAll(pattern)) {
    at = match.index + match[0].length;
    if (match[1] !== undefined) {
      tokens.push({ kind: "literal", text: match[1].slice(1, -1).replaceAll(/\\(.)/g, "$1") });
    } else if (match[2] !== undefined) tokens.push({ kind: "sign", text: match[2] });
    else tokens.push({ kind: "word", text: match[3] ?? "" });
  }
  if (text.slice(at).trim() !== "") throw badRequest(`Invalid filter: cannot read '${text.slice(at)}'.`);
  return tokens;
}

function readOr(reader: Reader): Predicate {
  let left = readAnd(reader);
  while (reader.take("or")) {
    const [before, after] = [left, readAnd(reader)];
    left = (item) => before(item) || after(item);
  }
  return left;
}

function readAnd(reader: Reader): Predicate {
  let left = readNot(reader);
  while (reader.take("and")) {
    const [before, after] = [left, readNot(reader)];
    left = (item) => before(item) && after(item);
  }
  return left;
}

function readNot(reader: Reader): Predicate {
  if (reader.take("not")) {
    const inner = readNot(reader);
    return (item) => !inner(item);
  }
  if (reader.take("(")) {
    const inner = readOr(reader);
    reader.expect(")");
    return inner;
  }
  if (reader.take("contains")) return readContains(reader);
  return readComparison(reader);
}

function readContains(reader: Reader): Predicate {
  reader.expect("(");
  const field = reader.next().text;
  reader.expect(",");
  const wanted = reader.next().text.toLowerCase();
  reader.expect(")");
  return (item) => valuesOf(item, field).some((value) => String(value).toLowerCase().includes(wanted));
}

function readComparison(reader: Reader): Predicate {
  const field = reader.next();
  const isReserved = ["and", "or", "not"].includes(field.text.toLowerCase());
  if (field.kind !== "word" || isReserved) throw badRequest(`Invalid filter: field name expected at '${field.text}'.`);
  const sign = reader.peek();
  if (sign?.kind !== "sign" || !["=", "!=", ">", ">=", "<", "<="].includes(sign.text)) {
    return (item) => valuesOf(item, field.text).includes(true);
  }
  reader.next();
  const wanted = readOperand(reader);
  const isWanted = matcherOf(wanted);
  const matches = (item: unknown) => valuesOf(item, field.text).some(isWanted);
  if (sign.text === "=") return matches;
  if (sign.text === "!=") return (item) => !matches(item);
  const [limit] = wanted;
  return (item) => valuesOf(item, field.text).some((value) => compares(value, sign.text, limit ?? ""));
}

function readOperand(reader: Reader): string[] {
  if (!reader.take("(")) return [operand(reader.next())];
  const list = [operand(reader.next())];
  while (reader.take(",")) list.push(operand(reader.next()));
  reader.expect(")");
  return list;
}

function operand(token: Token): string {
  if (token.kind === "sign") throw badRequest(`Invalid filter: value expected at '${token.text}'.`);
  return token.text;
}

/** The field's value, or each of them for a list. */
function valuesOf(item: unknown, field: string): unknown[] {
  let value = item;
  for (const part of field.split(".")) value = (value as Record<string, unknown> | null | undefined)?.[part];
  return Array.isArray(value) ? value : [value];
}

/** Says whether a value equals one of the wanted texts; made once for a whole listing. */
function matcherOf(wanted: readonly string[]): (value: unknown) => boolean {
  const plain = new Set(wanted.filter((text) => !text.includes("*")).map((text) => text.toLowerCase()));
  const numbers = new Set(wanted.map(Number));
  const patterns = wanted.filter((text) => text.includes("*")).map(wildcard);
  return (value) => {
    if (value === null || value === undefined) return false;
    if (typeof value === "number") return numbers.has(value);
    const text = String(value);
    return plain.has(text.toLowerCase()) || patterns.some((pattern) => pattern.test(text));
  };
}

/** A text with `*` as an expression for whole names, without regard to case. */
export function wildcard(text: string): RegExp {
  const escaped = text.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*");
  return new RegExp(`^${escaped}$`, "i");
}

/** Names that a filter asks for when it is nothing but `name='…'` or `name=('…','…')`, also several by `or`; else undefined. */
export function namesInFilter(text: string | undefined): readonly string[] | undefined {
  const parts = text?.split(/\s+or\s+/).map(namesCompared);
  return parts?.every((names) => names !== undefined) ? parts.flat() : undefined;
}

function namesCompared(text: string): readonly string[] | undefined {
  const match = /^\s*name\s*=\s*(?:'([^'\\]*)'|\(\s*('[^'\\]*'(?:\s*,\s*'[^'\\]*')*)\s*\))\s*$/.exec(text);
  if (!match) return undefined;
  return match[1] !== undefined ? [match[1]] : (match[2] ?? "").split(",").map((name) => name.trim().slice(1, -1));
}

function compares(value: unknown, sign: string, limit: string): boolean {
  if (value === null || value === undefined) return false;
  const difference = typeof value === "number" ? value - Number(limit) : String(value).localeCompare(limit);
  if (sign === ">") return difference > 0;
  if (sign === ">=") return difference >= 0;
  if (sign === "<") return difference < 0;
  return difference <= 0;
}
