import { TEST_TIME_LIMIT } from "@protector/contract";
import { durationBetween } from "../global-options.ts";

/** Reads how long a test may stand, in s, of `90m`, `4h`, `2d`. */
export const testDuration = durationBetween(TEST_TIME_LIMIT);
