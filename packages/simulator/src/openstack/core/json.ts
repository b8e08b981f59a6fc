import { badRequest } from "./api-error.ts";

/** A JSON object of unknown content. */
export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** @throws ApiError 400 when `body` is not a JSON object. */
export function parseObject(body: string): JsonObject {
  if (body === "") return {};
  try {
    const value: unknown = JSON.parse(body);
    if (isObject(value)) return value;
  } catch {
    throw badRequest("Malformed request body");
  }
  throw badRequest("Malformed request body");
}

/** The object at `key`. @throws ApiError 400 when there is none. */
export function objectAt(parent: JsonObject, key: string): JsonObject {
  const value = parent[key];
  if (!isObject(value)) throw badRequest(`Invalid input for field/attribute ${key}. Value: ${String(value)}.`);
  return value;
}

/** The object at `key`, or an empty one. */
export function optionalObjectAt(parent: JsonObject, key: string): JsonObject {
  const value = parent[key];
  return isObject(value) ? value : {};
}

/** The text at `key`. @throws ApiError 400 when there is none. */
export function textAt(parent: JsonObject, key: string): string {
  const value = parent[key];
  if (typeof value !== "string") {
    throw badRequest(`Invalid input for field/attribute ${key}. Value: ${String(value)}. is not of type 'string'`);
  }
  return plain(value);
}

/** The text at `key`, undefined when absent or null. */
export function optionalTextAt(parent: JsonObject, key: string): string | undefined {
  const value = parent[key];
  return value === undefined || value === null ? undefined : textAt(parent, key);
}

/** Objects of the list at `key`; absent = none. */
export function objectsAt(parent: JsonObject, key: string): readonly JsonObject[] {
  const value = parent[key];
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** Texts of the list at `key`; absent = none. */
export function textsAt(parent: JsonObject, key: string): readonly string[] {
  const value = parent[key];
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

/** A flat map of texts, with the limits of Nova's and Cinder's metadata. @throws ApiError 400. */
export function metadataOf(value: unknown): Record<string, string> {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) throw badRequest("Malformed request body. metadata must be object");
  const metadata: Record<string, string> = {};
  for (const [key, text] of Object.entries(value)) {
    if (key === "" || key.length > 255) throw badRequest("Metadata property key greater than 255 characters.");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the whole of ASCII is what is accepted
    if (!/^[\x00-\x7f]*$/.test(key)) throw badRequest(`Invalid input for field/attribute metadata. Value: ${key}.`);
    const stored = String(text);
    if (stored.length > 255) throw badRequest("Metadata property value greater than 255 characters.");
    metadata[plain(key)] = plain(stored);
  }
  return metadata;
}

/** The services' databases hold no four-byte characters: writing one ends in an internal error. */
export class FourByteCharacterError extends Error {
  override readonly name = "FourByteCharacterError";
}

function plain(text: string): string {
  for (const character of text) {
    if ((character.codePointAt(0) ?? 0) > 0xffff) throw new FourByteCharacterError('(1366, "Incorrect string value")');
  }
  return text;
}
