import type { DurationForecast } from "@protector/contract";
import { durationText } from "./duration.ts";

/** A predicted duration, where it comes from, and how good such predictions have been. */
export function forecastText({ seconds, basis, error_percent, compared_operations }: DurationForecast): string {
  const source = basis === "measured" ? "steps as measured in the last one" : "usual times: nothing measured yet";
  if (error_percent === null) return `${durationText(seconds)} (${source})`;
  const runs = compared_operations === 1 ? "the last one" : `the median of the last ${compared_operations}`;
  return `${durationText(seconds)} (${source}; predictions were off by ${error_percent} %, ${runs})`;
}
