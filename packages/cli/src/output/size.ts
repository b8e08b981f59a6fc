const GIB = 2 ** 30;

/** Bytes for people, always in GiB, so that they can be compared: `0.02 GiB`, `1.50 GiB`, `12.4 GiB`, `340 GiB`. */
export function sizeText(bytes: number): string {
  const size = bytes / GIB;
  if (size > 0 && size < 0.01) return "<0.01 GiB";
  if (size === 0 || size >= 100) return `${Math.round(size)} GiB`;
  return `${size.toFixed(size < 10 ? 2 : 1)} GiB`;
}
