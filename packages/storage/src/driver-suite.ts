import { describe } from "vitest";
import type { ArrayPair } from "./array-pair.ts";
import { describeMarkers } from "./marker-suite.ts";
import { describeRepetition } from "./repetition-suite.ts";
import { describeReplication } from "./replication-suite.ts";
import { describeVolumes } from "./volume-suite.ts";

/** What any storage driver must do, run on a pair of simulated arrays that `makePair` sets up afresh for each test. */
export function describeStorageDriver(name: string, makePair: () => ArrayPair): void {
  describe(name, () => {
    describeReplication(makePair);
    describeVolumes(makePair);
    describeMarkers(makePair);
    describeRepetition(makePair);
  });
}
