import type { RecordedCall } from "./recording.ts";

/** One sentence for each call that two runs of the steps answered differently, or that only one of them made. */
export function differingCalls(before: readonly RecordedCall[], now: readonly RecordedCall[]): readonly string[] {
  const known = new Map(keyed(before));
  const found = new Map(keyed(now));
  const gone = [...known.keys()].filter((key) => !found.has(key)).map((key) => `${key}: is not called any more`);
  return [
    ...gone,
    ...[...found].flatMap(([key, call]) => {
      const earlier = known.get(key);
      if (!earlier) return [`${key}: is new (${call.status})`];
      if (earlier.status !== call.status) return [`${key}: ${earlier.status} before, ${call.status} now`];
      const isSame = ["headers", "body", "request", "query"].every(
        (part) =>
          JSON.stringify(earlier[part as keyof RecordedCall]) === JSON.stringify(call[part as keyof RecordedCall]),
      );
      return isSame ? [] : [`${key}: another answer`];
    }),
  ];
}

/** Calls by what tells them apart: the n-th call of a kind in a step. */
export function keyed(calls: readonly RecordedCall[]): readonly (readonly [string, RecordedCall])[] {
  const counts = new Map<string, number>();
  return calls.map((call) => {
    const key = `${call.step} as ${call.caller}: ${call.method} ${call.path}`;
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return [count === 1 ? key : `${key} (${count})`, call];
  });
}
