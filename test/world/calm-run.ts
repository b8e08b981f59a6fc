import type { RecordedCall } from "@protector/simulator";
import { atJournalPoint, type JournalPoint } from "./killable.ts";
import type { EngineOptions } from "./site-engine.ts";
import type { TestSite } from "./test-site.ts";
import type { TwoSites } from "./two-sites.ts";

/** A run that nothing disturbs, with everything it wrote into its journal and every call it made. */
export interface CalmRun {
  readonly status: string;
  /** What each commit of the journal held. */
  readonly commits: readonly string[];
  readonly calls: readonly RecordedCall[];
}

/** Runs an ordered operation of a site, default B, to its end. */
export async function runCalm(
  sites: TwoSites,
  operationId: string,
  { site = sites.b, ...options }: EngineOptions & { readonly site?: TestSite } = {},
): Promise<CalmRun> {
  const observer = atJournalPoint(undefined, () => {});
  const { conditions } = sites.world;
  conditions.isRecording = true;
  conditions.calls.length = 0;
  const status = await sites.settle(site, operationId, sites.engine(site, { ...options, observer }));
  conditions.isRecording = false;
  return { status, commits: observer.labels, calls: [...conditions.calls] };
}

/** A point in words, for the message of a test that fails. */
export function describePoint(point: JournalPoint, { commits }: CalmRun): string {
  return `${point.when} commit ${point.commit} (${commits[point.commit]})`;
}
