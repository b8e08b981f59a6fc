import type { Json } from "./recording.ts";

/**
 * What differs from run to run, by its form. The placeholder names the form, so that two services that write a time
 * differently are told apart. Longer forms come first.
 */
const FORMS: readonly (readonly [RegExp, string])[] = [
  [/gAAAA[\w=-]{20,}/g, "<token>"],
  [/req-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "<request id>"],
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "<uuid>"],
  [/\b[0-9a-f]{56}\b/g, "<hex of 56>"],
  [/\b[0-9a-f]{32}\b/g, "<hex of 32>"],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z/g, "<time with microseconds and Z>"],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}/g, "<time with microseconds>"],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, "<time with Z>"],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/g, "<time>"],
  [/\b(?:[0-9a-f]{2}:){15}[0-9a-f]{2}\b/g, "<fingerprint>"],
  [/\bfa:16:3e:(?!0d:12:)[0-9a-f]{2}:[0-9a-f]{2}:[0-9a-f]{2}\b/g, "<MAC>"],
  [/https?:\/\/[^/"\s]+/g, "<origin>"],
  [/\b203\.0\.113\.\d+\b/g, "<floating IP>"],
];

/** Fields whose values are random texts or secrets of no form. */
const SECRETS: ReadonlySet<string> = new Set([
  "adminPass",
  "audit_ids",
  "secret",
  "password",
  "OS-EXT-SRV-ATTR:reservation_id",
  "OS-EXT-SRV-ATTR:instance_name",
  "public_key",
  "location",
  "os_hash_value",
  "checksum",
]);

/** Fields that count something of the whole cloud. */
const COUNTERS =
  /_gb$|_capacity$|_per_sec$|_op$|^total_|^queue_depth$|^revision_number$|^standard_attr_id$|segmentation_id$/;

/** One text with placeholders. */
export function scrubText(text: string): string {
  return FORMS.reduce((scrubbed, [form, placeholder]) => scrubbed.replace(form, placeholder), text);
}

/**
 * A value with placeholders. Of the items of a list only those remain that look different from each other, in their
 * order: what else stands on the cloud shall not swell a recording. Of those that look alike the first by the alphabet
 * remains, since some lists come in another order each time.
 */
export function scrub(value: unknown, key = ""): Json {
  if (value === null || value === undefined) return null;
  if (typeof value === "boolean") return value;
  if (typeof value === "number") return COUNTERS.test(key) || key === "id" ? 1 : value;
  if (typeof value === "string") return SECRETS.has(key) ? "<secret>" : scrubText(value);
  if (Array.isArray(value)) return distinct(value.map((item) => scrub(item, key)));
  const entries = Object.entries(value).map(([name, inner]) => [scrubText(name), scrub(inner, name)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

function distinct(items: readonly Json[]): readonly Json[] {
  const byShape = new Map<string, Json>();
  for (const item of items) {
    const key = shapeKey(item);
    const known = byShape.get(key);
    if (known === undefined || textOf(item) < textOf(known)) byShape.set(key, item);
  }
  return [...byShape.values()];
}

const textOf = (value: Json) => JSON.stringify(value);

/** Texts of a list are told apart by value, objects by their fields and the kinds of their values. */
function shapeKey(value: Json): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (value === null || typeof value !== "object") return typeof value;
  if (Array.isArray(value)) return `[${value.map(fieldKind).join()}]`;
  return Object.entries(value)
    .map(([name, inner]) => `${name}:${fieldKind(inner)}`)
    .join();
}

function fieldKind(value: Json): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return `[${[...new Set(value.map(fieldKind))].sort().join()}]`;
  if (typeof value === "object") return shapeKey(value);
  return typeof value === "string" && value.includes("<origin>") ? value : typeof value;
}
