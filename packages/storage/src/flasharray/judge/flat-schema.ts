/** A JSON schema, or part of one. */
export type Schema = Readonly<Record<string, unknown>>;

/** Which way a body travels. */
export type Direction = "request" | "answer";

/**
 * A schema of the vendor's description as one closed JSON schema: references and `allOf` are resolved, members that the
 * description does not name are refused. In a request, read-only members are refused too. In an answer every value may be
 * null, as real arrays send null for what is not set, though the description never says so.
 */
export function flatten(schema: Schema, components: Schema, direction: Direction): Schema {
  const resolved = resolve(schema, components);
  const { properties, items, oneOf, type, readOnly, ...rest } = resolved;
  void readOnly;
  const flat: Record<string, unknown> = { ...rest };
  if (oneOf) flat.oneOf = (oneOf as Schema[]).map((option) => flatten(option, components, direction));
  if (items) flat.items = flatten(items as Schema, components, direction);
  if (properties) {
    flat.properties = flattenMembers(properties as Record<string, Schema>, components, direction);
    flat.additionalProperties = false;
  }
  const kind = type ?? (properties ? "object" : undefined);
  if (kind !== undefined) flat.type = direction === "answer" ? [kind, "null"] : kind;
  if (direction === "answer" && Array.isArray(flat.enum)) flat.enum = [...flat.enum, null];
  return flat;
}

function flattenMembers(
  members: Readonly<Record<string, Schema>>,
  components: Schema,
  direction: Direction,
): Record<string, Schema> {
  const flat: Record<string, Schema> = {};
  for (const [name, member] of Object.entries(members)) {
    if (direction === "request" && resolve(member, components).readOnly === true) continue;
    flat[name] = flatten(member, components, direction);
  }
  return flat;
}

/** Follows `$ref` and merges `allOf` of one level. */
function resolve(schema: Schema, components: Schema): Schema {
  if (typeof schema.$ref === "string") return resolve(target(schema.$ref, components), components);
  if (!Array.isArray(schema.allOf)) return schema;
  const { allOf, ...own } = schema;
  let merged: Schema = own;
  for (const part of allOf as Schema[]) merged = merge(merged, resolve(part, components));
  return merged;
}

function merge(a: Schema, b: Schema): Schema {
  return {
    ...a,
    ...b,
    ...(a.properties || b.properties
      ? { properties: { ...(a.properties as Schema | undefined), ...(b.properties as Schema | undefined) } }
      : {}),
    ...(a.required || b.required ? { required: [...((a.required as []) ?? []), ...((b.required as []) ?? [])] } : {}),
  };
}

/** @throws Error when the description refers to what was not cut out with it. */
export function target(ref: string, components: Schema): Schema {
  const [, , kind = "", name = ""] = ref.split("/");
  const found = (components[kind] as Record<string, Schema> | undefined)?.[name];
  if (!found) throw new Error(`${ref} is not in the description`);
  return found;
}
