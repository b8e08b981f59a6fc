/** A REST version such as `2.16` as two numbers: 2.10 is younger than 2.9. */
export type ApiVersion = readonly [major: number, minor: number];

/** Oldest version that has array connections and `replicate_now`. */
export const FLOOR: ApiVersion = [2, 4];
/** Youngest version that this driver has been proven with. */
export const CEILING: ApiVersion = [2, 26];
/** First version where a new volume can decline the array's default protection groups. */
export const DEFAULT_PROTECTION: ApiVersion = [2, 16];

/** Reads `2.16`; undefined when it is no version. */
export function parseVersion(text: string): ApiVersion | undefined {
  const match = /^(\d+)\.(\d+)$/.exec(text);
  return match ? [Number(match[1]), Number(match[2])] : undefined;
}

export function formatVersion([major, minor]: ApiVersion): string {
  return `${major}.${minor}`;
}

export function isAtLeast(version: ApiVersion, since: ApiVersion): boolean {
  return version[0] === since[0] ? version[1] >= since[1] : version[0] > since[0];
}

/**
 * The youngest announced version between floor and ceiling. Numbers are not contiguous and the list holds REST 1 as well,
 * so only listed ones count.
 */
export function chooseVersion(announced: readonly string[], ceiling: ApiVersion): ApiVersion | undefined {
  let best: ApiVersion | undefined;
  for (const text of announced) {
    const version = parseVersion(text);
    if (!version || !isAtLeast(version, FLOOR) || !isAtLeast(ceiling, version)) continue;
    if (!best || isAtLeast(version, best)) best = version;
  }
  return best;
}
