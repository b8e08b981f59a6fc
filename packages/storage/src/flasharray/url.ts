/** Query of one call. Lists become comma lists whose elements are encoded one by one. */
export type QueryValues = Readonly<Record<string, string | boolean | number | readonly string[] | undefined>>;

/** Characters of one element list that are sent at once: keeps URLs well under 4 KB. */
const LONGEST_LIST = 3000;

export function encodeQuery(values: QueryValues): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue;
    const text =
      typeof value === "object" ? value.map(encodeURIComponent).join(",") : encodeURIComponent(String(value));
    parts.push(`${name}=${text}`);
  }
  return parts.length === 0 ? "" : `?${parts.join("&")}`;
}

/** Splits a list so that each part fits into one URL. */
export function chunk(elements: readonly string[]): string[][] {
  const chunks: string[][] = [];
  let length = LONGEST_LIST + 1;
  for (const element of elements) {
    const size = encodeURIComponent(element).length + 9;
    if (length + size > LONGEST_LIST) {
      chunks.push([]);
      length = 0;
    }
    chunks.at(-1)?.push(element);
    length += size;
  }
  return chunks;
}

/** A filter that lets the given values of a text field pass. Values are plain names: see {@link isPlainName}. */
export function equalsAny(field: string, values: readonly string[]): string {
  return values.length === 1
    ? `${field}='${values[0]}'`
    : `${field}=(${values.map((value) => `'${value}'`).join(",")})`;
}

/** Whether a name consists of what array names may hold, so that it means itself in a filter: no quote, no wildcard. */
export function isPlainName(name: string): boolean {
  return /^[A-Za-z0-9_.:/-]+$/.test(name);
}
