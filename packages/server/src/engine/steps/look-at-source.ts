import { OutsideError } from "@protector/ports";
import type { StepHandler } from "../runner/step-handler.ts";
import { Silence, within } from "../world/within.ts";
import { isProtectorsLock } from "./servers.ts";

/** Input of {@link lookAtSource}. */
export interface LookAtSourceInput {
  readonly serverIds: readonly string[];
}

/** A server of the site that is left, as it was before anything was done to it. */
export interface SourceServer {
  readonly status: string;
  readonly wasLocked: boolean;
  readonly lockedReason: string | null;
}

/** What {@link lookAtSource} saw: nothing of a server that is gone, or of a site that does not answer. */
export interface SourceLook {
  /** Nova has not answered. */
  readonly isSilent: boolean;
  readonly servers: Readonly<Record<string, SourceServer>>;
}

/** ms that Nova or the array of a site that may be dead is given for its first answer. */
export const ANSWER_WITHIN_MS = 10_000;

/** Writes down how the servers of the site that is left are, as far as it answers, so that they can be put back so. */
export const lookAtSource: StepHandler<LookAtSourceInput, SourceLook> = {
  run: async (context, { serverIds }) => {
    const { reads, siteName } = context.here;
    try {
      const all = await within(context, { ms: ANSWER_WITHIN_MS, who: `Nova of ${siteName}` }, () => reads.servers());
      const servers = all
        .filter(({ id }) => serverIds.includes(id))
        .map(({ id, status, isLocked, lockedReason }) => {
          const isOurs = isProtectorsLock({ isLocked, lockedReason });
          const before = { status, wasLocked: isLocked && !isOurs, lockedReason: isOurs ? null : lockedReason };
          return [id, before] as const;
        });
      return { isSilent: false, servers: Object.fromEntries(servers) };
    } catch (error) {
      if (error instanceof Silence || error instanceof OutsideError) return { isSilent: true, servers: {} };
      throw error;
    }
  },
};
