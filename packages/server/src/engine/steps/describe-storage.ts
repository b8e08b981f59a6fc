import type { StepHandler } from "../runner/step-handler.ts";

/** Both arrays of a group, by id and name. */
export interface DescribedStorage {
  readonly source: { readonly siteId: string; readonly arrayId: string; readonly arrayName: string };
  readonly target: { readonly siteId: string; readonly arrayId: string; readonly arrayName: string };
}

/** Asks both arrays who they are: names can change, ids cannot. */
export const describeStorage: StepHandler<Record<string, never>, DescribedStorage> = {
  run: async ({ source, target }) => {
    const [sourceArray, targetArray] = await Promise.all([source.array.identify(), target.array.identify()]);
    return {
      source: { siteId: source.siteId, arrayId: sourceArray.id, arrayName: sourceArray.name },
      target: { siteId: target.siteId, arrayId: targetArray.id, arrayName: targetArray.name },
    };
  },
};
