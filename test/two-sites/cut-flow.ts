import { expect } from "vitest";
import { advanceOperations } from "./engine-stand-in.ts";
import { groupRows } from "./group-rows.ts";
import type { ApiRequest, Fate, Harness } from "./harness.ts";

/** What becomes of the requests of a command, the first one that is struck and those after it. */
export const CUTS: Readonly<Record<string, (isFirst: boolean, request: ApiRequest) => Fate>> = {
  "the network is cut off": () => "unreachable",
  "the network is cut off with the answer on its way": (isFirst) => (isFirst ? "lost_answer" : "unreachable"),
  "site B is cut off": (_, { site }) => (site === "site-b" ? "unreachable" : undefined),
  "the client is killed before it asks": (isFirst) => (isFirst ? "killed_before" : undefined),
  "the client is killed before it hears the answer": (isFirst) => (isFirst ? "killed_after" : undefined),
};
export const CTRL_C = "Ctrl-C is typed";

/** A command, and where it is struck. */
export interface CutRun {
  readonly line: string;
  /** Request that is struck first, counted from 1. */
  readonly at: number;
  /** Of {@link CUTS}, or {@link CTRL_C}. */
  readonly cut: string;
  /** Group by name or id, for what comes after. */
  readonly ref: string;
}

/** Requests until a network that was cut carries again: who waits for an operation asks until then. */
const CUT_REQUESTS = 10;

/** Exit codes that a person can look up; 1 is for the killed only. */
const EXPECTED = [0, 3, 6, 130];

/**
 * Runs a command that is struck at one request; sees that sync-status explains what is left, and that one command mends it.
 * @returns whether the command had as many requests.
 */
export async function runCut(harness: Harness, { line, at, cut, ref: named }: CutRun): Promise<boolean> {
  const interrupt = new AbortController();
  harness.requests.length = 0;
  harness.fate = (request) => {
    if (request.number < at || request.number >= at + CUT_REQUESTS) return undefined;
    if (cut === CTRL_C) interrupt.abort(new Error("interrupted"));
    return CUTS[cut]?.(request.number === at, request);
  };
  const { code, stderr } = await harness.run(line, { interrupt: interrupt.signal });
  const isStruck = harness.requests.length >= at;
  harness.fate = () => undefined;
  await finishOperations(harness);
  const told = { line, at, cut, code, stderr };
  if (!cut.includes("killed"))
    expect({ ...told, isKnown: EXPECTED.includes(code) }).toEqual({ ...told, isKnown: true });
  if ((await groupRows(harness)).a.length === 0) return isStruck;
  // A name is known only as long as the group is alive somewhere.
  const deleted = (await groupRows(harness)).a.find(({ name, isDeleted }) => isDeleted && name === named);
  const ref = deleted?.id ?? named;
  const status = await harness.run(`pg sync-status ${ref} -f json`);
  if (status.code === 1) {
    // Struck before the group was made, or after it was deleted: neither site knows of it.
    expect({ ...told, says: status.stderr }).toEqual({ ...told, says: expect.stringContaining("No protection group") });
  } else {
    const { status: word, reason, remedy } = JSON.parse(status.stdout);
    const isInSync = word === "IN SYNC";
    const explained = isInSync
      ? { word, reason: null, remedy: null }
      : {
          word: "OUT OF SYNC",
          reason: expect.stringContaining("site-"),
          remedy: expect.stringContaining("sync-force"),
        };
    expect({ ...told, word, reason, remedy }).toEqual({ ...told, ...explained });
    const mended = await harness.run(`pg sync-force ${ref}`);
    expect({ ...told, mended: [mended.code, mended.stderr] }).toEqual({ ...told, mended: [0, ""] });
  }
  const { a, b } = await groupRows(harness);
  expect({ ...told, b }).toEqual({ ...told, b: a });
  return isStruck;
}

/** What the engines would have done meanwhile. */
export async function finishOperations({ sites: { a, b } }: Harness): Promise<void> {
  for (const site of [a, b]) for (let turn = 0; turn < 3; turn++) await advanceOperations(site);
}
