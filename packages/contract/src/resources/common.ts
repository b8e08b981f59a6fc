import Type, { type Static, type TSchema } from "typebox";

/** UUID, lower case with hyphens. */
export const Uuid = Type.String({
  pattern: "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
  description: "UUID",
});

/** Keystone and Glance ids: 32 hex digits, a UUID, or `default`. */
export const ExternalId = Type.String({
  minLength: 1,
  maxLength: 64,
  pattern: "^[A-Za-z0-9_.-]+$",
  description: "Id given by an OpenStack service",
});

/** ISO 8601 in UTC. */
export const Timestamp = Type.String({
  pattern: "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,6})?Z$",
  description: "ISO 8601, UTC",
});

/** A name that people give: 1 to 255 characters, no control characters, none beyond the Basic Multilingual Plane. */
export const Name = Type.String({
  minLength: 1,
  maxLength: 255,
  pattern:
    "^[^\\u0000-\\u001f\\u007f-\\u009f\\ud800-\\udfff]*[^\\s\\u0000-\\u001f\\u007f-\\u009f\\ud800-\\udfff][^\\u0000-\\u001f\\u007f-\\u009f\\ud800-\\udfff]*$",
  description: "1 to 255 characters, not only blanks, no control characters",
});

export const Description = Type.String({
  maxLength: 1024,
  pattern: "^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f\\ud800-\\udfff]*$",
  description: "Up to 1024 characters",
});

/** `schema` or null. */
export const Nullable = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);

/** One of a list of strings. */
export const OneOf = <const T extends readonly string[]>(values: T, options: { readonly description?: string } = {}) =>
  Type.Unsafe<T[number]>(Type.String({ enum: [...values], ...options }));

/** Generation that the caller saw: a change is refused with 409 `generation.conflict` when the group has moved on. */
export const SeenGeneration = Type.Integer({
  minimum: 1,
  description: "Refuse with 409 unless the group is at this generation",
});

/** A link of a list or an error. */
export const Link = Type.Object({ rel: Type.String(), href: Type.String() });
export type Link = Static<typeof Link>;

/** Object that refuses unknown fields: a misspelt option must not be ignored. */
export const Strict = <P extends Parameters<typeof Type.Object>[0]>(
  properties: P,
  options: Record<string, unknown> = {},
) => Type.Object(properties, { additionalProperties: false, ...options });
