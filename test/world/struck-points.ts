import type { RecordedCall } from "@protector/simulator";
import type { CalmRun } from "./calm-run.ts";
import type { JournalPoint } from "./killable.ts";

/*
 * Where an enumeration strikes. With PROTECTOR_TEST_POINTS=all (`npm run test:every-point`) everywhere; otherwise at one
 * point of each kind: three servers that start are one kind, and so are twenty looks at a transfer.
 */

const EVERY_POINT = process.env.PROTECTOR_TEST_POINTS === "all";

/** Which points of a run count. */
export interface Selection<P extends readonly unknown[]> {
  /** Default all. */
  readonly where?: (...point: P) => boolean;
  /** Of one of each kind only every so-manyth is struck, where a world takes long to set up; default each. */
  readonly every?: number;
}

/** Both sides of the commits of a run's journal. */
export function struckPoints({ commits }: CalmRun, { where = () => true, every }: Selection<[JournalPoint]> = {}) {
  const points = commits.flatMap((_, commit): JournalPoint[] => [
    { commit, when: "before" },
    { commit, when: "after" },
  ]);
  const kindOf = ({ commit, when }: JournalPoint) => `${when} ${kindOfCommit(commits[commit] ?? "")}`;
  return struck(points.filter(where), kindOf, every);
}

/** Calls of a run with their numbers. */
export function struckCalls({ calls }: CalmRun, { where = () => true, every }: Selection<[RecordedCall, number]> = {}) {
  const numbered = [...calls.entries()].filter(([index, call]) => where(call, index));
  return struck(numbered, ([, call]) => kindOfCall(call), every);
}

/** So many of them, spread evenly; all, where every point is struck. @param turn which, of every so-manyth. */
export function sampleOf<T>(points: readonly T[], count: number, turn = 0): readonly T[] {
  if (EVERY_POINT || points.length <= count) return points;
  const apart = Math.floor(points.length / count);
  return points.filter((_, index) => index % apart === turn % apart).slice(0, count);
}

/** A call without the ids in it. */
export function kindOfCall({ service, method, path }: RecordedCall): string {
  return `${service} ${method} ${withoutIds(path)}`;
}

/** What a commit holds, without saying of which members, and of how many. */
function kindOfCommit(labels: string): string {
  return [...new Set(labels.split(" + ").map((label) => withoutIds(label).replace(/\d+/g, "<n>")))].sort().join(" + ");
}

function withoutIds(text: string): string {
  return text
    .replace(/[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}/g, ":id")
    .replace(/([0-9a-f]{2}:){5}[0-9a-f]{2}/g, ":mac")
    .replace(/protector-[0-9a-f]{12}/g, "protector-:id");
}

/** One of each kind, a further one with each kind: the first of the first, the second of the second, and so on. */
function struck<T>(points: readonly T[], kindOf: (point: T) => string, every = 1): readonly T[] {
  if (EVERY_POINT) return points;
  const kinds = Map.groupBy(points, kindOf);
  const chosen = new Set([...kinds.values()].map((alike, index) => alike[index % alike.length]));
  return points.filter((point) => chosen.has(point)).filter((_, index) => index % every === 0);
}
