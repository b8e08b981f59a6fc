import { OutsideError } from "@protector/ports";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type ArrayPair,
  clone,
  DISKS,
  GIB,
  GROUP,
  GROUP_ID,
  HOST,
  layOutDisks,
  onTarget,
  protect,
  replicate,
  usable,
  write,
} from "./array-pair.ts";
import { describeMarkers } from "./marker-suite.ts";
import { describeRepetition } from "./repetition-suite.ts";

/** What any storage driver must do, run on a pair of simulated arrays that `makePair` sets up afresh for each test. */
export function describeStorageDriver(name: string, makePair: () => ArrayPair): void {
  describe(name, () => {
    describeReplication(makePair);
    describeVolumes(makePair);
    describeMarkers(makePair);
    describeRepetition(makePair);
  });
}

/** The failure of a call that must fail. */
export async function failureOf(call: Promise<unknown>): Promise<OutsideError["failure"]> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof OutsideError))
    throw new Error(`not refused by the driver: ${String(error)}`, { cause: error });
  return error.failure;
}

function describeReplication(makePair: () => ArrayPair): void {
  describe("replication", () => {
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
      "makes a group with members, target and schedule, and reads it back on both arrays",
      run(async () => {
        await protect(pair, { enabled: true, intervalMs: 600_000 });
        const { source, target } = pair;
        expect(await source.array.findGroup(GROUP)).toEqual({
          name: GROUP,
          members: [...DISKS],
          targets: [{ array: target.model.name, isAllowed: true }],
          replication: { enabled: true, intervalMs: 600_000 },
        });
        const replica = await target.array.findGroup(`${source.model.name}:${GROUP}`);
        expect(replica?.members).toEqual([...DISKS]);
        expect(await source.array.findGroup("protector-ffffffffffff")).toBeUndefined();
      }),
    );

    it(
      "makes the members exactly those asked for, in whatever way they differed",
      run(async () => {
        pair.source.model.createVolume("volume-cccc-cinder", GIB);
        await pair.source.array.ensureGroup(GROUP);
        await pair.source.array.setMembers(GROUP, [DISKS[0], "volume-cccc-cinder"]);
        await pair.source.array.setMembers(GROUP, [DISKS[1].toUpperCase(), "volume-cccc-cinder"]);
        expect((await pair.source.array.findGroup(GROUP))?.members.toSorted()).toEqual([
          DISKS[1],
          "volume-cccc-cinder",
        ]);
        const missing = await failureOf(pair.source.array.setMembers(GROUP, ["volume-none-cinder"]));
        expect(missing.failureClass).toBe("final");
        await pair.source.array.setMembers(GROUP, []);
        expect((await pair.source.array.findGroup(GROUP))?.members).toEqual([]);
      }),
    );

    it(
      "waits for the group to appear on the target before it can be allowed",
      run(async () => {
        await pair.source.array.ensureGroup(GROUP);
        await pair.source.array.ensureTarget(GROUP, pair.target.model.name);
        const early = await failureOf(pair.target.array.allowReplicationFrom(pair.source.model.name, GROUP));
        expect(early.failureClass).toBe("waiting");
        await pair.clock.sleep(60_000);
        await pair.target.array.allowReplicationFrom(pair.source.model.name, GROUP);
        expect((await pair.source.array.findGroup(GROUP))?.targets[0]?.isAllowed).toBe(true);
      }),
    );

    it(
      "names an unknown target array as something for the operator",
      run(async () => {
        await pair.source.array.ensureGroup(GROUP);
        const failure = await failureOf(pair.source.array.ensureTarget(GROUP, "array-nowhere"));
        expect(failure.failureClass).toBe("needs_operator");
      }),
    );

    it(
      "calls a point usable on the target only when its transfer has ended",
      run(async () => {
        await protect(pair);
        pair.link.transferMs = 60_000;
        const made = await pair.source.array.replicateNow(GROUP, "p-1");
        expect(made).toMatchObject({ suffix: "p-1", isUsable: true, progress: 1, createdAt: pair.clock.now() });
        await pair.clock.sleep(30_000);
        const half = await pair.target.array.findRecoveryPoint(onTarget(pair), "p-1");
        expect(half).toMatchObject({ isUsable: false, completedAt: undefined, createdAt: made.createdAt });
        expect(half?.progress).toBeCloseTo(0.5, 2);
        expect((await pair.target.array.listRecoveryPoints(onTarget(pair)))[0]?.isUsable).toBe(false);
        const early = await failureOf(clone(pair, { suffix: "p-1", disk: DISKS[0], name: "protector-c-1" }));
        expect(early.failureClass).toBe("waiting");
        await pair.clock.sleep(31_000);
        const whole = await pair.target.array.findRecoveryPoint(onTarget(pair), "p-1");
        expect(whole).toMatchObject({ isUsable: true, progress: 1 });
        expect(whole?.bytesSent).toBeGreaterThan(0);
      }),
    );

    it(
      "keeps a point that stays partial for ever unusable and lists the older usable one beside it",
      run(async () => {
        await protect(pair);
        await replicate(pair, "p-1");
        pair.link.stallAtProgress = 0.4;
        await pair.source.array.replicateNow(GROUP, "p-2");
        await pair.clock.sleep(3_600_000);
        pair.source.model.isUp = false;
        const points = await pair.target.array.listRecoveryPoints(onTarget(pair));
        expect(points.map((point) => [point.suffix, point.isUsable])).toEqual([
          ["p-2", false],
          ["p-1", true],
        ]);
        expect(points[0]?.progress).toBe(0.4);
      }),
    );

    it(
      "sends nothing while the link is down and goes on when it is back",
      run(async () => {
        await protect(pair);
        pair.link.isUp = false;
        await pair.source.array.replicateNow(GROUP, "p-1");
        await pair.clock.sleep(600_000);
        expect((await pair.target.array.findRecoveryPoint(onTarget(pair), "p-1"))?.isUsable ?? false).toBe(false);
        expect((await pair.target.array.health()).connections[0]?.status).toBe("disconnected");
        pair.link.isUp = true;
        expect((await pair.target.array.health()).connections[0]?.status).toBe("connected");
        await usable(pair, "p-1");
      }),
    );

    it(
      "lists points newest data first, whatever order their transfers ended in",
      run(async () => {
        await protect(pair);
        pair.link.transferMs = 100_000;
        await pair.source.array.replicateNow(GROUP, "z-slow");
        await pair.clock.sleep(1_000);
        pair.link.transferMs = 1_000;
        await pair.source.array.replicateNow(GROUP, "a-fast");
        await usable(pair, "z-slow");
        const points = await pair.target.array.listRecoveryPoints(onTarget(pair));
        expect(points.map((point) => point.suffix)).toEqual(["a-fast", "z-slow"]);
        expect((points[0]?.completedAt ?? 0) < (points[1]?.completedAt ?? 0)).toBe(true);
        const local = await pair.source.array.listRecoveryPoints({ group: GROUP, array: undefined });
        expect(local.map((point) => point.suffix)).toEqual(["a-fast", "z-slow"]);
        const none = { group: "protector-none", array: undefined };
        expect(await pair.source.array.listRecoveryPoints(none)).toEqual([]);
      }),
    );

    it(
      "cuts every disk at one instant",
      run(async () => {
        await protect(pair);
        write(pair, DISKS[0], 1);
        write(pair, DISKS[1], 2);
        await pair.source.array.replicateNow(GROUP, "p-1");
        write(pair, DISKS[0], 3);
        write(pair, DISKS[1], 4);
        await usable(pair, "p-1");
        const volumes = await pair.target.array.volumesOfPoint(onTarget(pair), "p-1");
        expect(volumes.map((volume) => volume.sourceVolume).toSorted()).toEqual([...DISKS]);
        const sequences = volumes.flatMap(({ snapshot }) => pair.target.model.writesOfSnapshot(snapshot));
        expect(sequences.map((entry) => entry.sequence).toSorted()).toEqual([1, 2]);
      }),
    );

    it(
      "takes the point of that suffix that stands instead of cutting another",
      run(async () => {
        await protect(pair);
        const first = await pair.source.array.replicateNow(GROUP, "p-1");
        await pair.clock.sleep(10_000);
        expect(await pair.source.array.replicateNow(GROUP, "p-1")).toEqual(first);
        expect(await pair.source.array.listRecoveryPoints({ group: GROUP, array: undefined })).toHaveLength(1);
        expect((await failureOf(pair.source.array.replicateNow(GROUP, "17"))).failureClass).toBe("final");
      }),
    );

    it(
      "makes points by itself at the interval and gives them up by retention, but never those made by hand",
      run(async () => {
        await protect(pair);
        await replicate(pair, "by-hand");
        const retention = { allForSeconds: 3_600, perDay: 0, days: 0 };
        await pair.source.array.setReplication(GROUP, { enabled: true, intervalMs: 600_000, retention });
        await pair.clock.sleep(3 * 3_600_000);
        const points = await pair.target.array.listRecoveryPoints(onTarget(pair));
        expect(points.at(-1)?.suffix).toBe("by-hand");
        expect(points.length).toBeGreaterThanOrEqual(6);
        expect(points.length).toBeLessThanOrEqual(8);
        const [newest, second] = points.filter((point) => point.isUsable);
        expect((newest?.createdAt ?? 0) - (second?.createdAt ?? 0)).toBe(600_000);
      }),
    );

    it(
      "drops a transfer under way when the target stops allowing the group",
      run(async () => {
        await protect(pair);
        pair.link.transferMs = 60_000;
        await pair.source.array.replicateNow(GROUP, "p-1");
        await pair.clock.sleep(20_000);
        await pair.target.array.disallowReplicationFrom(pair.source.model.name, GROUP);
        await pair.target.array.disallowReplicationFrom(pair.source.model.name, GROUP);
        await pair.clock.sleep(600_000);
        expect(await pair.target.array.findRecoveryPoint(onTarget(pair), "p-1")).toBeUndefined();
        expect((await pair.source.array.findGroup(GROUP))?.targets[0]?.isAllowed).toBe(false);
        await pair.target.array.disallowReplicationFrom(pair.source.model.name, "protector-none");
      }),
    );

    it(
      "destroys a point on one array and leaves the other's copy",
      run(async () => {
        await protect(pair);
        await replicate(pair, "p-1");
        await pair.source.array.destroyRecoveryPoint({ group: GROUP, array: undefined }, "p-1");
        await pair.source.array.destroyRecoveryPoint({ group: GROUP, array: undefined }, "p-1");
        expect(await pair.source.array.findRecoveryPoint({ group: GROUP, array: undefined }, "p-1")).toBeUndefined();
        expect((await pair.target.array.findRecoveryPoint(onTarget(pair), "p-1"))?.isUsable).toBe(true);
        const again = await failureOf(pair.source.array.replicateNow(GROUP, "p-1"));
        expect(again.failureClass).toBe("final");
      }),
    );

    it(
      "destroys a group without its volumes, and takes it up again when it is needed",
      run(async () => {
        await protect(pair);
        await pair.source.array.destroyGroup(GROUP);
        await pair.source.array.destroyGroup(GROUP);
        expect(await pair.source.array.findGroup(GROUP)).toBeUndefined();
        expect(await pair.source.array.findVolumes(DISKS)).toHaveLength(2);
        await pair.source.array.ensureGroup(GROUP);
        expect((await pair.source.array.findGroup(GROUP))?.name).toBe(GROUP);
      }),
    );
  });
}

function describeVolumes(makePair: () => ArrayPair): void {
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
      }),
    );

    it(
      "never sends an overwrite twice when its answer was lost",
      run(async () => {
        const { array, model } = pair.source;
        model.snapshotVolume(DISKS[0], "before-1");
        model.disconnect(DISKS[0], HOST);
        await array.identify();
        pair.conditions.isRecording = true;
        pair.conditions.inject({ service: model.name, method: "POST", times: 1, fault: { kind: "lost_answer" } });
        const failure = await failureOf(array.overwrite(DISKS[0], `${DISKS[0]}.before-1`));
        expect(failure).toMatchObject({ failureClass: "retryable", effect: "unknown" });
        expect(pair.conditions.calls.filter((call) => call.method === "POST")).toHaveLength(1);
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
