import { TEST_TIME_LIMIT } from "@protector/contract";
import { InvalidArgumentError } from "commander";

const SECONDS = { m: 60, h: 3600, d: 86_400 } as const;

/** Seconds that a test may stand, of `90m`, `4h`, `2d`. */
export function testDuration(text: string): number {
  const [, count = "", unit = ""] = /^(\d+)([mhd])$/.exec(text) ?? [];
  const seconds = Number(count) * (SECONDS[unit as keyof typeof SECONDS] ?? Number.NaN);
  if (seconds >= TEST_TIME_LIMIT.least && seconds <= TEST_TIME_LIMIT.most) return seconds;
  throw new InvalidArgumentError("A duration from 5m to 7d is needed: 90m, 4h, 2d.");
}
