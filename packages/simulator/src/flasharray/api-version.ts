/** A REST version such as `2.16` as two numbers. */
export type ApiVersion = readonly [major: number, minor: number];

/** Reads `2.16`; undefined when it is no version. */
export function parseVersion(text: string): ApiVersion | undefined {
  const match = /^(\d+)\.(\d+)$/.exec(text);
  return match ? [Number(match[1]), Number(match[2])] : undefined;
}

/** Whether `version` is `since` or younger. Versions are pairs of numbers: 2.10 is younger than 2.9. */
export function isAtLeast(version: ApiVersion, since: ApiVersion): boolean {
  return version[0] === since[0] ? version[1] >= since[1] : version[0] > since[0];
}

/** What an array announces whose newest version is `2.<minor>`: two numbers were never published. */
export function versionsUpTo(minor: number): readonly string[] {
  const rest1 = ["1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7", "1.8", "1.9", "1.10", "1.11", "1.12", "1.13"];
  const late1 = ["1.14", "1.15", "1.16", "1.17", "1.18", "1.19"];
  const rest2 = Array.from({ length: minor + 1 }, (_, index) => index).filter((index) => index !== 12 && index !== 18);
  return [...rest1, ...late1, ...rest2.map((index) => `2.${index}`)];
}
