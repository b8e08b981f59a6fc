import type { Check } from "./check.ts";

/** A check string that cannot be read; the message says what stands where. */
export class CheckSyntaxError extends Error {
  override readonly name = "CheckSyntaxError";
}

/**
 * Reads a check string: `@` `!` `role:x` `rule:x` `left:right` `and` `or` `not` and parentheses; an empty one always holds.
 * `and` binds tighter than `or`, `not` tightest.
 *
 * @throws CheckSyntaxError
 */
export function parseCheck(text: string): Check {
  if (text.trim() === "") return { kind: "always" };
  const parser = new CheckParser(words(text));
  const check = parser.or();
  parser.requireEnd();
  return check;
}

/** Words and parentheses; quoted texts, and `%(name)s` inside a word, keep theirs. */
function words(text: string): readonly string[] {
  return text.match(/(?:'[^']*'|"[^"]*"|%\([^)]*\)s|[^\s()'"])+|[()]|['"]/g) ?? [];
}

class CheckParser {
  readonly #words: readonly string[];
  #at = 0;

  constructor(list: readonly string[]) {
    this.#words = list;
  }

  or(): Check {
    const checks = [this.#and()];
    while (this.#take("or")) checks.push(this.#and());
    const [only] = checks;
    return checks.length === 1 && only ? only : { kind: "or", checks };
  }

  requireEnd(): void {
    const word = this.#words[this.#at];
    if (word !== undefined) throw new CheckSyntaxError(`"${word}" is not expected there`);
  }

  #and(): Check {
    const checks = [this.#not()];
    while (this.#take("and")) checks.push(this.#not());
    const [only] = checks;
    return checks.length === 1 && only ? only : { kind: "and", checks };
  }

  #not(): Check {
    if (this.#take("not")) return { kind: "not", check: this.#not() };
    if (!this.#take("(")) return this.#single();
    const check = this.or();
    if (!this.#take(")")) throw new CheckSyntaxError("a closing parenthesis is missing");
    return check;
  }

  #single(): Check {
    const word = this.#words[this.#at++];
    if (word === undefined) throw new CheckSyntaxError("a check is missing at the end");
    return parseSingle(word);
  }

  #take(wanted: string): boolean {
    if (this.#words[this.#at]?.toLowerCase() !== wanted) return false;
    this.#at++;
    return true;
  }
}

function parseSingle(word: string): Check {
  if (word === "@") return { kind: "always" };
  if (word === "!") return { kind: "never" };
  const found = /^('[^']*'|"[^"]*"|[^:]+):(.+)$/s.exec(word);
  if (!found) throw new CheckSyntaxError(`"${word}" is no check: kind:value, @ or ! is`);
  const [, left = "", right = ""] = found;
  if (left === "http" || left === "https") {
    throw new CheckSyntaxError(`"${word}": checks by a remote server are not supported`);
  }
  if (left === "rule") return { kind: "rule", name: right };
  if (left === "role") return { kind: "role", name: right };
  return { kind: "equal", left, right };
}
