import { createHash } from "node:crypto";

/** A UUID that the same parts always give: what is made under it is found again by whoever makes it twice. */
export function derivedId(...parts: readonly string[]): string {
  const hex = createHash("sha256").update(parts.join("\n")).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
