import type { Static, TSchema } from "typebox";
import { Compile, type Validator } from "typebox/compile";
import { ProtectorError } from "./errors.ts";

/** One thing wrong with a value. */
export interface FieldProblem {
  /** Path with dots, e.g. `failover.mode`; `body` for the whole. */
  readonly field: string;
  readonly problem: string;
}

const compiled = new WeakMap<object, Validator>();

function validatorOf(schema: TSchema): Validator {
  let validator = compiled.get(schema);
  if (!validator) {
    validator = Compile(schema) as unknown as Validator;
    compiled.set(schema, validator);
  }
  return validator;
}

/** Everything that is wrong with a value; empty when it fits. */
export function problemsOf(schema: TSchema, value: unknown): readonly FieldProblem[] {
  const validator = validatorOf(schema);
  if (validator.Check(value)) return [];
  const problems = new Map<string, FieldProblem>();
  for (const error of validator.Errors(value)) {
    const at = error.instancePath.slice(1).replaceAll("/", ".");
    for (const problem of describe(error, at)) problems.set(`${problem.field} ${problem.problem}`, problem);
  }
  return [...problems.values()];
}

/**
 * The value, as the schema's type.
 * @throws ProtectorError `request.invalid` that names every field that does not fit.
 */
export function parse<S extends TSchema>(schema: S, value: unknown): Static<S> {
  const problems = problemsOf(schema, value);
  if (problems.length === 0) return value as Static<S>;
  const text = problems.map(({ field, problem }) => `${field} ${problem}`).join("; ");
  throw new ProtectorError("request.invalid", `The request is not valid: ${text}.`, { facts: { fields: problems } });
}

interface SchemaError {
  readonly keyword: string;
  readonly params: unknown;
  readonly message: string;
}

function describe(error: SchemaError, at: string): readonly FieldProblem[] {
  const params = error.params as Record<string, unknown>;
  const inside = (name: string) => (at ? `${at}.${name}` : name);
  const field = at || "body";
  switch (error.keyword) {
    case "boolean":
      return [];
    case "required":
      return (params.requiredProperties as string[]).map((name) => ({ field: inside(name), problem: "is missing" }));
    case "additionalProperties":
      return (params.additionalProperties as string[]).map((name) => ({
        field: inside(name),
        problem: "is not known here",
      }));
    case "pattern":
      return [{ field, problem: "has characters or a form that is not allowed" }];
    case "enum":
      return [{ field, problem: `must be one of ${(params.allowedValues as unknown[]).join(", ")}` }];
    default:
      return [{ field, problem: error.message }];
  }
}
