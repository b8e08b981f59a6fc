import { podOf, type StorageArray } from "@protector/storage";
import type { ObservedPod, PodAtArray } from "../plans/pod-checks.ts";

/** An array of a group, by the site that it is at. */
export interface PodSite {
  readonly siteName: string;
  readonly array: StorageArray;
}

/**
 * Asks both arrays of a group for the pod that its array group is in; undefined when it is in none.
 * @param askSource how the source's array is asked, when it may be lost: undefined = it did not answer.
 */
export async function observePod(
  arrayGroup: string,
  sites: { readonly source: PodSite; readonly target: PodSite },
  askSource: (question: () => Promise<PodAtArray>) => Promise<PodAtArray | undefined> = (question) => question(),
): Promise<ObservedPod | undefined> {
  const name = podOf(arrayGroup);
  if (name === undefined) return undefined;
  const [source, target] = await Promise.all([askSource(() => podAt(sites.source, name)), podAt(sites.target, name)]);
  return { name, source, target };
}

/** Asks one array for a pod. */
export async function podAt({ siteName, array }: PodSite, name: string): Promise<PodAtArray> {
  const [{ id, name: arrayName }, pod] = await Promise.all([array.identify(), array.findPod(name)]);
  return { siteName, arrayId: id, arrayName, pod };
}
