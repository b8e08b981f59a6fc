/**
 * Epochs number a group's primary role. Those of the site with the smaller id are even, of the other odd, so that two
 * sites can never claim the same one and the number alone tells whose it is.
 */
export interface SitePair {
  readonly primary: string;
  readonly peer: string;
}

/** Epoch of a new group: 2 for the site with the smaller id, 1 for the other. */
export function firstEpoch({ primary, peer }: SitePair): number {
  return primary < peer ? 2 : 1;
}

/** The smallest epoch above `current` that belongs to `primary`. */
export function nextEpoch(current: number, { primary, peer }: SitePair): number {
  const isEven = primary < peer;
  return (current + 1) % 2 === (isEven ? 0 : 1) ? current + 1 : current + 2;
}

/** The site of the pair whose epoch it is. */
export function primaryOfEpoch(epoch: number, [one, other]: readonly [string, string]): string {
  const [smaller, larger] = one < other ? [one, other] : [other, one];
  return epoch % 2 === 0 ? smaller : larger;
}
