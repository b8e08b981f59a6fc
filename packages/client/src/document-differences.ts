import type { SyncDocument } from "@protector/contract";

/** A field of a group's description that two documents tell differently. */
export interface FieldDifference {
  /** As people call it: `name`, `member web-01 tier`, `mapping network 6f8f…`, `policy rpo_minutes`. */
  readonly field: string;
  /** What each document says, in order; null = nothing. */
  readonly values: readonly [string | null, string | null];
}

type Fields = ReadonlyMap<string, string>;

/** How two sites' documents of one group differ in what people decided, field by field, ordered by field. */
export function differencesOf(one: SyncDocument, other: SyncDocument): readonly FieldDifference[] {
  const names = new Map([...memberNames(other), ...memberNames(one)]);
  const [left, right] = [fieldsOf(one, names), fieldsOf(other, names)];
  const fields = [...new Set([...left.keys(), ...right.keys()])].sort();
  const different = fields.filter((field) => left.get(field) !== right.get(field));
  return different.flatMap((field) => {
    // A member that one site does not have: that it is missing says it all.
    const [, member] = /^(member .*) \w+$/.exec(field) ?? [];
    if (member && left.has(member) !== right.has(member)) return [];
    return [{ field, values: [left.get(field) ?? null, right.get(field) ?? null] as const }];
  });
}

function memberNames({ observed }: SyncDocument): readonly (readonly [string, string])[] {
  return observed.members.map(({ id, name }) => [id, name] as const);
}

function fieldsOf({ decided, is_deleted }: SyncDocument, names: ReadonlyMap<string, string>): Fields {
  const nameOf = (id: string) => names.get(id) ?? id;
  const { members, mappings, policy, ...plain } = decided;
  const fields = new Map<string, string>([["deleted", is_deleted ? "yes" : "no"]]);
  put(fields, "", plain);
  for (const { id, depends_on, nics, ...order } of members) {
    const field = `member ${nameOf(id)}`;
    fields.set(field, "in the group");
    put(fields, `${field} `, { ...order, depends_on: depends_on.map(nameOf).join(", ") });
    for (const { mac_address, is_test, ...settings } of nics)
      fields.set(`${field} nic ${mac_address}${is_test ? " in tests" : ""}`, JSON.stringify(settings));
  }
  for (const { kind, source_id, target_id } of mappings) fields.set(`mapping ${kind} ${source_id}`, target_id);
  if (policy) {
    const { retention, ...rest } = policy;
    put(fields, "policy ", rest);
    put(fields, "policy retention ", retention);
  }
  return fields;
}

function put(fields: Map<string, string>, prefix: string, values: object): void {
  for (const [name, value] of Object.entries(values))
    if (value !== null)
      fields.set(`${prefix}${name}`, typeof value === "boolean" ? (value ? "yes" : "no") : String(value));
}
