import { keyed } from "./differing-calls.ts";
import { COMPARED_VALUES } from "./known-differences.ts";
import type { Json, RecordedCall } from "./recording.ts";

/** One way in which the simulator answers otherwise than a real service. */
export interface Difference {
  /** Step, caller, method and path. */
  readonly call: string;
  /** Where in the answer, for instance `body.volume.links[].rel`. */
  readonly at: string;
  readonly kind: "not called" | "status" | "header" | "type" | "form" | "value" | "missing" | "extra";
  readonly real: string;
  readonly simulated: string;
}

type Found = Omit<Difference, "call">;

/** Objects whose keys are data: names of metadata, networks, resource classes. */
const DATA_KEYED: ReadonlySet<string> = new Set([
  "metadata",
  "volume_image_metadata",
  "extra_specs",
  "group_specs",
  "addresses",
  "allocations",
  "provider_summaries",
  "resources",
]);

/** Compares what the simulator answered with what a real cloud did, call by call. */
export function compareCalls(real: readonly RecordedCall[], simulated: readonly RecordedCall[]): readonly Difference[] {
  const theirs = new Map(keyed(simulated));
  const ours = new Map(keyed(real));
  const added = [...theirs.keys()].filter((key) => !ours.has(key));
  return [
    ...added.map((call) => ({ call, at: "", kind: "not called", real: "-", simulated: "called" }) as const),
    ...[...ours].flatMap(([call, expected]) => {
      const found = theirs.get(call);
      if (!found) return [{ call, at: "", kind: "not called", real: "called", simulated: "-" } as const];
      return compareAnswers(expected, found).map((difference) => ({ call, ...difference }));
    }),
  ];
}

function compareAnswers(real: RecordedCall, simulated: RecordedCall): readonly Found[] {
  if (real.status !== simulated.status) {
    return [difference("status", "status", real.status, simulated.status)];
  }
  const names = new Set([...Object.keys(real.headers), ...Object.keys(simulated.headers)]);
  const headers = [...names].flatMap((name) => {
    const [a, b] = [real.headers[name] ?? null, simulated.headers[name] ?? null];
    return a === b ? [] : [difference("header", `header ${name}`, a, b)];
  });
  return [...headers, ...compareValues(real.body, simulated.body, "body")];
}

function compareValues(real: Json, simulated: Json, at: string): readonly Found[] {
  const [a, b] = [kindOf(real), kindOf(simulated)];
  if (a !== b) return [difference("type", at, real, simulated)];
  if (isList(real) && isList(simulated)) return compareLists(real, simulated, at);
  if (isObject(real) && isObject(simulated)) return compareObjects(real, simulated, at);
  if (real === simulated) return [];
  if (formOf(real) !== formOf(simulated)) return [difference("form", at, real, simulated)];
  return isTelling(real, at) ? [difference("value", at, real, simulated)] : [];
}

/** Whether a reader may decide by a value; names and amounts differ from cloud to cloud. */
function isTelling(value: Json, at: string): boolean {
  const key = at.replaceAll("[]", "").split(".").at(-1) ?? "";
  return typeof value === "boolean" || COMPARED_VALUES.has(key);
}

function compareObjects(
  real: Readonly<Record<string, Json>>,
  simulated: Readonly<Record<string, Json>>,
  at: string,
): readonly Found[] {
  if (DATA_KEYED.has(at.split(".").at(-1) ?? "")) {
    return compareLists(Object.values(real), Object.values(simulated), `${at}.*`).filter(
      ({ kind }) => kind !== "value",
    );
  }
  const missing = Object.keys(real).filter((key) => !(key in simulated));
  const extra = Object.keys(simulated).filter((key) => !(key in real));
  const common = Object.keys(real).filter((key) => key in simulated);
  return [
    ...missing.map((key) => difference("missing", `${at}.${key}`, real[key] ?? null, null)),
    ...extra.map((key) => difference("extra", `${at}.${key}`, null, simulated[key] ?? null)),
    ...common.flatMap((key) => compareValues(real[key] ?? null, simulated[key] ?? null, `${at}.${key}`)),
  ];
}

/** One item each: value by value. More: every item of the simulator's must have the form of a real one. */
function compareLists(real: readonly Json[], simulated: readonly Json[], at: string): readonly Found[] {
  const [first, ...others] = real;
  const [theirs, ...more] = simulated;
  if (first === undefined && theirs === undefined) return [];
  if (first === undefined || theirs === undefined) return [difference("type", `${at}[]`, real, simulated)];
  if (others.length + more.length === 0) return compareValues(first, theirs, `${at}[]`);
  const unlike = simulated.flatMap((item) => {
    const tries = real.map((each) => compareValues(each, item, `${at}[]`).filter(({ kind }) => kind !== "value"));
    return tries.sort((a, b) => a.length - b.length)[0] ?? [];
  });
  return [...new Map(unlike.map((each) => [`${each.kind} ${each.at}`, each])).values()];
}

/** Texts of one form differ in nothing that a reader depends on. */
function formOf(value: Json): string {
  if (typeof value !== "string") return kindOf(value);
  if (value === "") return "empty";
  if (/^(true|false)$/i.test(value)) return "boolean";
  if (/^\d+$/.test(value)) return "number";
  return value.replace(/[^<>]+(?=<|$)/g, "…");
}

function kindOf(value: Json): string {
  return value === null ? "null" : isList(value) ? "list" : typeof value;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function isObject(value: Json): value is Readonly<Record<string, Json>> {
  return kindOf(value) === "object";
}

function difference(kind: Difference["kind"], at: string, real: Json, simulated: Json): Found {
  return { kind, at, real: brief(real), simulated: brief(simulated) };
}

function brief(value: Json): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
