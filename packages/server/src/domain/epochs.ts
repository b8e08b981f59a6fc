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

/** A pair of sites has so many epochs; those of the pair that a group has after it are all above. */
const EPOCHS_OF_A_PAIR = 1_000_000;

/**
 * The first epoch of a group at a new pair of sites. A site that was given up as lost and returns sees by the number alone that
 * it is of none of its own: which of two sites is the smaller one may differ from pair to pair.
 */
export function firstEpochOfNextPair(current: number, pair: SitePair): number {
  return nextEpoch((pairOf(current) + 1) * EPOCHS_OF_A_PAIR - 1, pair);
}

/** Whether a group that runs at home, as when it came to have these two sites, has run at the other one since. */
export function hasMovedInPair(epoch: number, pair: SitePair): boolean {
  const before = pairOf(epoch) * EPOCHS_OF_A_PAIR - 1;
  return epoch > (before < 0 ? firstEpoch(pair) : nextEpoch(before, pair));
}

/** Whether an epoch is of a pair of sites that came after the one of `known`. */
export function isOfLaterPair(epoch: number, known: number): boolean {
  return pairOf(epoch) > pairOf(known);
}

function pairOf(epoch: number): number {
  return Math.floor(epoch / EPOCHS_OF_A_PAIR);
}

/** The site of the pair whose epoch it is. */
export function primaryOfEpoch(epoch: number, [one, other]: readonly [string, string]): string {
  const [smaller, larger] = one < other ? [one, other] : [other, one];
  return epoch % 2 === 0 ? smaller : larger;
}

/** As much of a group's row as says who is primary. */
export interface KnownPrimary {
  readonly epoch: number;
  readonly primary_site_id: string;
  readonly peer_site_id: string;
  /** When this site learnt that it was given up; null = it was not. */
  readonly given_up_at: string | null;
}

/**
 * Who is primary at an epoch that was seen. Of one that is not above the row's the row says it; one of a later pair of sites
 * was raised by the site that has given this one up as lost. A site that was given up is primary never again, whatever the
 * other two do: which of them it is, it cannot tell by the number.
 */
export function primaryAt(group: KnownPrimary, localSiteId: string, epoch: number): string {
  if (epoch <= group.epoch) return group.primary_site_id;
  if (group.given_up_at !== null || isOfLaterPair(epoch, group.epoch)) return group.peer_site_id;
  return primaryOfEpoch(epoch, [localSiteId, group.peer_site_id]);
}
