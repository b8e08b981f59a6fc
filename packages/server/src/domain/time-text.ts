/** A moment for people: `2026-01-31T10:00:00Z`. @param ms since the UNIX epoch. */
export function timeText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
