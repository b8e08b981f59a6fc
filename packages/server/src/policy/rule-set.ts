import { parse } from "yaml";
import type { Check } from "./check.ts";
import { CheckSyntaxError, parseCheck } from "./parse-check.ts";
import type { PolicyRule } from "./rules.ts";

/** A policy file that cannot be used; names file and rule. */
export class PolicyError extends Error {
  override readonly name = "PolicyError";
}

/** A file of rules, as text. */
export interface PolicyText {
  readonly file: string;
  readonly text: string;
}

/** All rules in force, read. */
export interface RuleSet {
  readonly checks: ReadonlyMap<string, Check>;
  /** Something in the files that is probably not meant. */
  readonly warnings: readonly string[];
}

/**
 * Puts the rules of files over the defaults; later files win.
 * @throws PolicyError for a file that is no mapping of names to check strings, a check that cannot be read, and rules that
 *   refer to themselves.
 */
export function buildRuleSet(defaults: readonly PolicyRule[], files: readonly PolicyText[]): RuleSet {
  const checks = new Map(defaults.map(({ name, check }) => [name, parseCheck(check)] as const));
  const known = new Set(checks.keys());
  const warnings: string[] = [];
  for (const { file, text } of files) {
    for (const [name, check] of readFile(file, text)) {
      // A rule of one's own is fine as a building block; only under our prefix is it surely a typing error.
      if (!known.has(name) && name.includes(":")) warnings.push(`${file}: no call asks the rule ${name}`);
      checks.set(name, check);
    }
  }
  for (const name of checks.keys()) requireNoCycle(name, checks, []);
  return { checks, warnings: [...warnings, ...undefinedRules(checks)] };
}

function readFile(file: string, text: string): readonly (readonly [string, Check])[] {
  let content: unknown;
  try {
    content = parse(text) ?? {};
  } catch (cause) {
    throw new PolicyError(`${file} is not YAML: ${(cause as Error).message}`, { cause });
  }
  if (typeof content !== "object" || Array.isArray(content)) {
    throw new PolicyError(`${file} is not a mapping of rule names to check strings`);
  }
  return Object.entries(content as Readonly<Record<string, unknown>>).map(([name, check]) => {
    if (typeof check !== "string") {
      throw new PolicyError(`${file}: rule ${name} is not a check string in quotes (lists are not supported)`);
    }
    try {
      return [name, parseCheck(check)] as const;
    } catch (cause) {
      if (!(cause instanceof CheckSyntaxError)) throw cause;
      throw new PolicyError(`${file}: rule ${name}: ${cause.message}`, { cause });
    }
  });
}

function requireNoCycle(name: string, checks: ReadonlyMap<string, Check>, seen: readonly string[]): void {
  if (seen.includes(name)) throw new PolicyError(`rules refer to themselves: ${[...seen, name].join(" → ")}`);
  const check = checks.get(name);
  for (const next of check ? rulesIn(check) : []) requireNoCycle(next, checks, [...seen, name]);
}

function undefinedRules(checks: ReadonlyMap<string, Check>): readonly string[] {
  return [...checks].flatMap(([name, check]) =>
    rulesIn(check)
      .filter((other) => !checks.has(other))
      .map((other) => `rule ${name} refers to ${other}, which is not defined: the default rule stands in for it`),
  );
}

function rulesIn(check: Check): readonly string[] {
  switch (check.kind) {
    case "rule":
      return [check.name];
    case "and":
    case "or":
      return check.checks.flatMap(rulesIn);
    case "not":
      return rulesIn(check.check);
    default:
      return [];
  }
}
