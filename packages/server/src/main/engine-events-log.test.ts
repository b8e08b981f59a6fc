import { ProtectorError } from "@protector/contract";
import type { Logger } from "pino";
import { expect, test } from "vitest";
import { logEngineEvent } from "./engine-events-log.ts";

function factsOf(error: unknown): Readonly<Record<string, unknown>> {
  const seen: Readonly<Record<string, unknown>>[] = [];
  const log = { warn: (facts: Readonly<Record<string, unknown>>) => seen.push(facts) } as unknown as Logger;
  logEngineEvent(log, { kind: "watch_failed", watch: "duties", subject: "Shelve web-01", error });
  return seen[0] ?? {};
}

test("a failure that has a name is told by its sentence, an unforeseen one with its stack", () => {
  const refused = new ProtectorError("trust.unusable", "Nobody's delegated roles work in project p-1.");
  expect(factsOf(refused)).toEqual({ watch: "duties", subject: "Shelve web-01", reason: refused.message });
  const broken = new TypeError("x is undefined");
  expect(factsOf(broken)).toMatchObject({ err: broken });
});
