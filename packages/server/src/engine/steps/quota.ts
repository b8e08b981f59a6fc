import { ProtectorError } from "@protector/contract";
import type { StepHandler } from "../runner/step-handler.ts";

/** What a recovery needs in the target project. */
export interface CheckQuotaInput {
  readonly instances: number;
  readonly cores: number;
  readonly ramMiB: number;
  readonly volumes: number;
  readonly gigabytes: number;
}

/**
 * Sees that the target project still has room. Compute cannot be held in advance: this is the last look before the switch.
 * @throws ProtectorError `quota.exceeded`
 */
export const checkQuota: StepHandler<CheckQuotaInput> = {
  run: async (context, need) => {
    const { compute, volume } = context.here.admin;
    const [servers, storage] = await Promise.all([
      compute.quota(context.here.projectId),
      volume.quota(context.here.projectId),
    ]);
    const short = [
      lacks("servers", need.instances, servers.instances),
      lacks("cores", need.cores, servers.cores),
      lacks("MiB of RAM", need.ramMiB, servers.ramMiB),
      lacks("volumes", need.volumes, storage.volumes),
      lacks("GiB of volumes", need.gigabytes, storage.gigabytes),
    ].filter((text) => text !== undefined);
    if (short.length > 0) {
      throw new ProtectorError(
        "quota.exceeded",
        `Project ${context.here.projectId} at ${context.here.siteName} lacks ${short.join(", ")}.`,
      );
    }
  },
};

function lacks(
  what: string,
  needed: number,
  quota: { readonly limit: number; readonly used: number },
): string | undefined {
  const free = quota.limit < 0 ? Number.POSITIVE_INFINITY : quota.limit - quota.used;
  return needed > free ? `${needed - free} ${what}` : undefined;
}
