export { durationText } from "@protector/contract";

/** ISO time without fractions: `2026-01-31T10:00:00Z`. */
export function timeText(time: string | null): string | null {
  return time === null ? null : time.replace(/\.\d+Z$/, "Z");
}

/** Units of {@link agoText}; each from twice its length, in s. */
const UNITS = [
  { unit: "d", length: 86_400, from: 172_800 },
  { unit: "h", length: 3600, from: 7200 },
  { unit: "m", length: 60, from: 120 },
] as const;

/** How far a time is from now, in one unit: `now`, `45s ago`, `3m ago`, `2h ago`, `5d ago`, `in 2h`. */
export function agoText(time: string, now: number): string {
  const seconds = Math.round((now - Date.parse(time)) / 1000);
  const size = Math.abs(seconds);
  if (size < 2) return "now";
  const { unit, length } = UNITS.find(({ from }) => size >= from) ?? { unit: "s", length: 1 };
  const text = `${Math.floor(size / length)}${unit}`;
  return seconds > 0 ? `${text} ago` : `in ${text}`;
}
