/** A mapping as YAML has it. */
export type RawMap = Readonly<Record<string, unknown>>;

export function isMap(value: unknown): value is RawMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** One mapping laid over another, mappings in it too; lists and values are replaced. */
export function merge(below: RawMap, above: RawMap): RawMap {
  const merged: Record<string, unknown> = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const under = merged[key];
    merged[key] = isMap(under) && isMap(value) ? merge(under, value) : value;
  }
  return merged;
}
