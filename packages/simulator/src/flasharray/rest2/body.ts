import { badRequest } from "./rest-error.ts";

type Body = Readonly<Record<string, unknown>>;

/** @throws RestError 400 when the body has a member that the array does not know. */
export function requireKnown(body: Body, known: readonly string[]): void {
  const unknown = Object.keys(body).find((key) => !known.includes(key));
  if (unknown !== undefined) throw badRequest(`Unknown member '${unknown}' in the body.`);
}

export function objectOf(body: Body, key: string): Body {
  const value = body[key];
  if (value === undefined) return {};
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid(key);
  return value as Body;
}

export function textOf(body: Body, key: string): string | undefined {
  const value = body[key];
  if (value !== undefined && typeof value !== "string") throw invalid(key);
  return value;
}

export function booleanOf(body: Body, key: string): boolean | undefined {
  const value = body[key];
  if (value !== undefined && typeof value !== "boolean") throw invalid(key);
  return value;
}

export function numberOf(body: Body, key: string): number | undefined {
  const value = body[key];
  if (value !== undefined && (typeof value !== "number" || !Number.isInteger(value))) throw invalid(key);
  return value;
}

function invalid(key: string): Error {
  return badRequest(`Invalid value for '${key}'.`);
}
