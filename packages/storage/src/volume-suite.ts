import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type ArrayPair,
  clone,
  DISKS,
  failureOf,
  GIB,
  GROUP,
  GROUP_ID,
  HOST,
  layOutDisks,
  onTarget,
  protect,
  replicate,
  write,
} from "./array-pair.ts";

/** Volumes: found, cloned, overwritten, renamed, destroyed. */
export function describeVolumes(makePair: () => ArrayPair): void {
  describe("volumes", () => {
    let pair: ArrayPair;
    beforeEach(() => {
      pair = makePair();
      layOutDisks(pair);
    });
    afterEach(() => {
      expect(pair.clock.sleeping, "timers left behind").toBe(0);
      expect([...pair.source.model.problems, ...pair.target.model.problems]).toEqual([]);
    });
    const run = (test: () => Promise<void>) => () => pair.clock.run(test());

    it(
      "says who the array is and how it is",
      run(async () => {
        const identity = await pair.source.array.identify();
        expect(identity).toMatchObject({ id: pair.source.model.id, name: pair.source.model.name });
        const health = await pair.source.array.health();
        expect(health.capacityBytes).toBeGreaterThan(health.usedBytes);
        expect(health.connections).toEqual([{ array: pair.target.model.name, status: "connected" }]);
      }),
    );

    it(
      "finds live volumes only and leaves out what is missing",
      run(async () => {
        pair.source.model.createVolume("volume-gone-cinder", GIB);
        pair.source.model.destroyVolume("volume-gone-cinder");
        const found = await pair.source.array.findVolumes([...DISKS, "volume-gone-cinder", "volume-none-cinder"]);
        expect(found.map((volume) => volume.name).toSorted()).toEqual([...DISKS]);
        expect(await pair.source.array.findVolume("volume-gone-cinder")).toBeUndefined();
        expect(await pair.source.array.findVolumes([])).toEqual([]);
      }),
    );

    it(
      "finds volumes whatever their number",
      run(async () => {
        const names = Array.from({ length: 620 }, (_, index) => `volume-${String(index).padStart(36, "0")}-cinder`);
        for (const name of names) pair.source.model.createVolume(name, GIB);
        const found = await pair.source.array.findVolumes(names);
        expect(new Set(found.map((volume) => volume.name))).toEqual(new Set(names));
        await pair.source.array.ensureGroup(GROUP);
        await pair.source.array.setMembers(GROUP, names);
        expect((await pair.source.array.findGroup(GROUP))?.members).toHaveLength(620);
      }),
    );

    it(
      "clones a disk of a point: writable, of its own, with the data of the cut",
      run(async () => {
        await protect(pair);
        write(pair, DISKS[0], 1);
        await replicate(pair, "p-1");
        write(pair, DISKS[0], 2);
        const made = await clone(pair, { suffix: "p-1", disk: DISKS[0], name: "protector-c-1" });
        expect(made).toMatchObject({ name: "protector-c-1", bytes: GIB, connectionCount: 0 });
        expect(pair.target.model.writesOfVolume("protector-c-1").map((entry) => entry.sequence)).toEqual([1]);
        expect(await clone(pair, { suffix: "p-1", disk: DISKS[0], name: "protector-c-1" })).toEqual(made);
        const original = await pair.source.array.findVolume(DISKS[0]);
        expect(made.serial).not.toBe(original?.serial);
      }),
    );

    it(
      "refuses to clone from a point that is gone, or a disk that the point does not hold",
      run(async () => {
        await protect(pair);
        await replicate(pair, "p-1");
        const foreign = await failureOf(
          clone(pair, { suffix: "p-1", disk: "volume-none-cinder", name: "protector-c-1" }),
        );
        expect(foreign.failureClass).toBe("final");
        const made = await clone(pair, { suffix: "p-1", disk: DISKS[0], name: "protector-c-1" });
        await pair.target.array.destroyRecoveryPoint(onTarget(pair), "p-1");
        const gone = await failureOf(clone(pair, { suffix: "p-1", disk: DISKS[0], name: "protector-c-2" }));
        expect(gone.failureClass).toBe("final");
        expect(await clone(pair, { suffix: "p-1", disk: DISKS[0], name: "protector-c-1" })).toEqual(made);
      }),
    );

    it(
      "refuses a clone's name that a volume of another size holds",
      run(async () => {
        await protect(pair);
        await replicate(pair, "p-1");
        pair.target.model.createVolume("protector-c-1", 5 * GIB);
        const failure = await failureOf(clone(pair, { suffix: "p-1", disk: DISKS[0], name: "protector-c-1" }));
        expect(failure.failureClass).toBe("final");
      }),
    );

    it(
      "makes a fresh clone when a destroyed one still holds its name, and refuses when that one is not ours",
      run(async () => {
        await protect(pair);
        write(pair, DISKS[0], 1);
        await replicate(pair, "p-1");
        const request = { suffix: "p-1", disk: DISKS[0], name: "protector-c-1" };
        const first = await clone(pair, request);
        pair.target.model.connect("protector-c-1", HOST);
        pair.target.model.write("protector-c-1", HOST, { writer: "test", sequence: 1, at: 0, text: "tainted" });
        pair.target.model.disconnect("protector-c-1", HOST);
        await pair.target.array.destroyVolume("protector-c-1", first.id);
        const second = await clone(pair, request);
        expect(second.id).not.toBe(first.id);
        expect(pair.target.model.writesOfVolume("protector-c-1").map((entry) => entry.text)).toEqual(["write 1"]);
        pair.target.model.createVolume("somebody-elses", GIB);
        pair.target.model.destroyVolume("somebody-elses");
        const failure = await failureOf(clone(pair, { ...request, name: "somebody-elses" }));
        expect(failure.failureClass).toBe("final");
      }),
    );

    it(
      "keeps clones out of the array's default protection groups where the array lets it",
      run(async () => {
        await protect(pair);
        await replicate(pair, "p-1");
        pair.target.model.setDefaultProtection(["safe-group"], { isLocked: true });
        await clone(pair, { suffix: "p-1", disk: DISKS[0], name: "protector-c-1" });
        await pair.target.array.ensureMarker({ groupId: GROUP_ID, epoch: 2, holder: undefined });
        const members = (await pair.target.array.findGroup("safe-group"))?.members ?? [];
        expect(members.length).toBe(pair.canDeclineDefaultProtection ? 0 : 2);
      }),
    );

    it(
      "overwrites a disconnected volume in place and refuses a connected one",
      run(async () => {
        const { array, model } = pair.source;
        write(pair, DISKS[0], 1);
        const before = await array.findVolume(DISKS[0]);
        await array.ensureVolumeSnapshot(DISKS[0], "before-1");
        await array.ensureVolumeSnapshot(DISKS[0], "before-1");
        write(pair, DISKS[0], 2);
        const connected = await failureOf(array.overwrite(DISKS[0], `${DISKS[0]}.before-1`));
        expect(connected.failureClass).toBe("final");
        await array.disconnect({ volume: DISKS[0], host: HOST });
        await array.disconnect({ volume: DISKS[0], host: HOST });
        expect(await array.connectionsOf(DISKS)).toEqual([{ volume: DISKS[1], host: HOST }]);
        await array.overwrite(DISKS[0], `${DISKS[0]}.before-1`);
        expect(model.writesOfVolume(DISKS[0]).map((entry) => entry.sequence)).toEqual([1]);
        expect((await array.findVolume(DISKS[0]))?.serial).toBe(before?.serial);
        const gone = await failureOf(array.overwrite(DISKS[0], `${DISKS[0]}.none-1`));
        expect(gone.failureClass).toBe("final");
        await array.destroyVolumeSnapshot(DISKS[0], "before-1");
        await array.destroyVolumeSnapshot(DISKS[0], "before-1");
        const destroyed = await failureOf(array.overwrite(DISKS[0], `${DISKS[0]}.before-1`));
        expect(destroyed.failureClass).toBe("final");
      }),
    );

    it(
      "destroys only the volume that was meant, never a connected one",
      run(async () => {
        const { array, model } = pair.source;
        const connected = await failureOf(array.destroyVolume(DISKS[0]));
        expect(connected.failureClass).toBe("final");
        model.createVolume("protector-c-1", GIB);
        await array.destroyVolume("protector-c-1", "another-id");
        expect(await array.findVolume("protector-c-1")).toBeDefined();
        await array.destroyVolume("protector-c-1", (await array.findVolume("protector-c-1"))?.id);
        expect(await array.findVolume("protector-c-1")).toBeUndefined();
        await array.destroyVolume("protector-c-1");
      }),
    );

    it(
      "renames, once",
      run(async () => {
        const { array, model } = pair.source;
        model.createVolume("protector-c-1", GIB);
        await array.renameVolume("protector-c-1", "protector-c-2");
        await array.renameVolume("protector-c-1", "protector-c-2");
        expect(await array.findVolume("protector-c-2")).toBeDefined();
        model.createVolume("protector-c-1", GIB);
        const taken = await failureOf(array.renameVolume("protector-c-1", "protector-c-2"));
        expect(taken.failureClass).toBe("final");
        const none = await failureOf(array.renameVolume("protector-none", "protector-none-2"));
        expect(none.failureClass).toBe("final");
      }),
    );

    it(
      "says that an array which is switched off does not answer, and that nothing happened",
      run(async () => {
        pair.source.model.isUp = false;
        const started = pair.clock.now();
        const failure = await failureOf(pair.source.array.ensureGroup(GROUP));
        expect(failure).toMatchObject({ status: undefined, failureClass: "waiting", effect: "none" });
        expect(pair.clock.now() - started).toBeLessThan(30_000);
        pair.source.model.isUp = true;
        await pair.source.array.ensureGroup(GROUP);
      }),
    );
  });
}
