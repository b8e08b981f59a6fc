import type { DurationForecast } from "@protector/contract";
import { durationText } from "./duration.ts";

/** A predicted duration, where it comes from, and how good such predictions have been. */
export function forecastText({ seconds, basis, error_percent, compared_operations }: DurationForecast): string {
  if (basis === "usual") return `${durationText(seconds)} (by usual times: nothing was measured here yet)`;
  const source = `by steps as measured in the ${basis === "tested" ? "test" : "last one"}`;
  if (error_percent === null) return `${durationText(seconds)} (${source})`;
  const runs = compared_operations === 1 ? "one operation" : `the median of ${compared_operations} operations`;
  return `${durationText(seconds)} (${source}; such predictions were off by ${error_percent} %, ${runs})`;
}
