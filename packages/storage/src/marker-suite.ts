import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ArrayPair, GROUP_ID } from "./array-pair.ts";
import { isSameMarker } from "./names.ts";
import type { Marker } from "./storage-array.ts";

const OTHER_ID = "ffffffff-0000-4000-8000-000000000000";

function marker(epoch: number, holder?: string): Marker {
  return { groupId: GROUP_ID, epoch, holder };
}

/** The marker: made once, changed only from the exact state that the caller expects. */
export function describeMarkers(makePair: () => ArrayPair): void {
  describe("markers", () => {
    let pair: ArrayPair;
    beforeEach(() => {
      pair = makePair();
    });
    afterEach(() => {
      expect(pair.clock.sleeping, "timers left behind").toBe(0);
    });
    const run = (test: () => Promise<void>) => () => pair.clock.run(test());

    it(
      "is made once and then stands, each group's apart",
      run(async () => {
        const { array } = pair.source;
        expect(await array.readMarker(GROUP_ID)).toBeUndefined();
        expect(await array.ensureMarker(marker(2))).toEqual(marker(2));
        expect(await array.ensureMarker(marker(8))).toEqual(marker(2));
        expect(await array.readMarker(GROUP_ID)).toEqual(marker(2));
        expect(await array.readMarker(OTHER_ID)).toBeUndefined();
        expect(await array.readMarkers([GROUP_ID, OTHER_ID])).toEqual(new Map([[GROUP_ID, marker(2)]]));
        expect((await array.findVolumes(["protector-0b1c2d3e4f50-e2-idle"]))[0]?.bytes).toBe(2 ** 20);
      }),
    );

    it(
      "changes only from the exact state that is expected",
      run(async () => {
        const { array } = pair.source;
        await array.ensureMarker(marker(2));
        expect(await array.swapMarker(marker(4), marker(5, "aaaaaaaa"))).toEqual(marker(2));
        expect(await array.swapMarker(marker(2), marker(2, "aaaaaaaa-1111"))).toEqual(marker(2, "aaaaaaaa"));
        expect(await array.swapMarker(marker(2), marker(2, "bbbbbbbb"))).toEqual(marker(2, "aaaaaaaa"));
        expect(await array.swapMarker(marker(2, "aaaaaaaa-1111"), marker(5, "aaaaaaaa"))).toEqual(
          marker(5, "aaaaaaaa"),
        );
        expect(await array.swapMarker(marker(5, "aaaaaaaa"), marker(5))).toEqual(marker(5));
        expect(await array.swapMarker(marker(5), marker(5))).toEqual(marker(5));
      }),
    );

    it(
      "says undefined when a missing marker is to be changed",
      run(async () => {
        expect(await pair.source.array.swapMarker(marker(2), marker(2, "aaaaaaaa"))).toBeUndefined();
      }),
    );

    it(
      "lets exactly one of many that change it at once win, and tells the others who",
      run(async () => {
        await pair.source.array.ensureMarker(marker(2));
        let delay = 0;
        pair.conditions.latencyOf = () => (delay = (delay * 7 + 13) % 50);
        const holders = ["aaaaaaaa", "bbbbbbbb", "cccccccc", "dddddddd", "eeeeeeee", "99999999"];
        const results = await Promise.all(
          holders.map((holder, index) => {
            const client = index % 2 === 0 ? pair.source.array : pair.source.rival;
            return client.swapMarker(marker(2), marker(2, holder));
          }),
        );
        const standing = await pair.source.array.readMarker(GROUP_ID);
        expect(holders).toContain(standing?.holder);
        const winners = holders.filter((holder, index) => {
          const result = results[index];
          return result && isSameMarker(result, marker(2, holder));
        });
        expect(winners).toEqual([standing?.holder]);
        for (const result of results) expect(result).toEqual(standing);
      }),
    );

    it(
      "leaves one marker when two engines make differing ones at once",
      run(async () => {
        pair.conditions.latencyOf = () => 20;
        const made = await Promise.all([
          pair.source.array.ensureMarker(marker(2)),
          pair.source.rival.ensureMarker(marker(4)),
        ]);
        const standing = await pair.source.array.readMarker(GROUP_ID);
        expect(made.some((result) => standing && isSameMarker(result, standing))).toBe(true);
        const live = pair.source.model.describe().volumes.filter((volume) => !volume.isDestroyed);
        expect(live.map((volume) => volume.name)).toEqual([`protector-0b1c2d3e4f50-e${standing?.epoch}-idle`]);
      }),
    );

    it(
      "can be destroyed, made again under the same name, and moved onto a name that a destroyed one holds",
      run(async () => {
        const { array } = pair.source;
        await array.ensureMarker(marker(2));
        await array.destroyMarker(GROUP_ID);
        await array.destroyMarker(GROUP_ID);
        expect(await array.readMarker(GROUP_ID)).toBeUndefined();
        expect(await array.ensureMarker(marker(2))).toEqual(marker(2));
        await array.destroyMarker(GROUP_ID);
        await array.ensureMarker(marker(2, "aaaaaaaa"));
        expect(await array.swapMarker(marker(2, "aaaaaaaa"), marker(2))).toEqual(marker(2));
      }),
    );
  });
}
