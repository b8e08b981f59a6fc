import { AsyncLocalStorage } from "node:async_hooks";

const places = new AsyncLocalStorage<number>();

/** Before every step: for calls that many steps wait for. */
export const FIRST_PLACE = -1;

/**
 * Does work whose outside calls, when they have to wait for their turn, wait by `place`, the lowest first. Steps take
 * their place in the plan: the first tier's volumes and servers then come before any of the last tier's, instead of all at
 * the end together.
 */
export function atPlace<T>(place: number, work: () => T): T {
  return places.run(place, work);
}

/** Place of the work that is being done; after all others when it has none. */
export function currentPlace(): number {
  return places.getStore() ?? Number.POSITIVE_INFINITY;
}
