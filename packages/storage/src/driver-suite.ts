import { describe } from "vitest";
import type { ArrayPair } from "./array-pair.ts";
import { describeMarkers } from "./marker-suite.ts";
import { describePods } from "./pod-suite.ts";
import { describeLostAnswers, describeRepetition, describeTwice } from "./repetition-suite.ts";
import { describeReplication } from "./replication-suite.ts";
import { describeVolumes } from "./volume-suite.ts";

/**
 * What any storage driver must do, run on a pair of arrays that `makePair` sets up afresh for each test.
 * @param over whether a network lies between driver and array, which can lose calls and answers.
 */
export function describeStorageDriver(
  name: string,
  makePair: () => ArrayPair,
  over: "network" | "files" = "network",
): void {
  describe(name, () => {
    describeReplication(makePair);
    describeVolumes(makePair);
    describeMarkers(makePair);
    describePods(makePair);
    describeTwice(makePair);
    if (over === "files") return;
    describeLostAnswers(makePair);
    describeRepetition(makePair);
  });
}
