import type { ReadinessCheck } from "@protector/contract";
import { wrap } from "./fit.ts";
import type { Painter } from "./style.ts";

/** Below this, columns of sentences would be a few words wide. */
const TABLE_FROM_WIDTH = 140;

/** Whether findings are better read one below the other than as a table. */
export function isNarrow(width: number | undefined): width is number {
  return width !== undefined && width < TABLE_FROM_WIDTH;
}

/** What was found, and when, for people: `since 8m`. */
export interface Finding extends Pick<ReadinessCheck, "severity" | "check" | "subject" | "reason"> {
  readonly remedy?: string | null;
  readonly when: string | undefined;
}

/** A finding with its reason and its remedy below, as wide as the terminal; nothing of it is cut. */
export function findingLines(
  { severity, check, subject, reason, remedy, when }: Finding,
  { width, paint }: { readonly width: number; readonly paint: Painter },
): readonly string[] {
  const below = remedy ? [reason, `→ ${remedy}`] : [reason];
  return [
    `${paintSeverity(severity ?? "passed", paint)}  ${check}  ${subject}${when === undefined ? "" : `  (${when})`}`,
    ...below.flatMap((text) => wrap(text, width - 4).map((line) => `    ${line}`)),
  ];
}

function paintSeverity(severity: string, paint: Painter): string {
  if (severity === "critical") return paint(severity, "red");
  return severity === "warning" ? paint(severity, "yellow") : severity;
}
