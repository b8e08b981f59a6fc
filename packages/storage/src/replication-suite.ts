import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type ArrayPair,
  clone,
  DISKS,
  failureOf,
  GIB,
  GROUP,
  layOutDisks,
  onTarget,
  protect,
  replicate,
  usable,
  write,
} from "./array-pair.ts";

/** Groups, targets, points: what arrives on the target, and when it may be used. */
export function describeReplication(makePair: () => ArrayPair): void {
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
      "knows no end of a token that has none",
      run(async () => {
        expect(await pair.source.array.tokenEndsAt()).toBeUndefined();
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
      "sends a group no more to an array that is no target of it any longer, once and again",
      run(async () => {
        await pair.source.array.ensureGroup(GROUP);
        await pair.source.array.ensureTarget(GROUP, pair.target.model.name);
        await pair.source.array.removeTarget(GROUP, pair.target.model.name);
        await pair.source.array.removeTarget(GROUP, pair.target.model.name);
        expect((await pair.source.array.findGroup(GROUP))?.targets).toEqual([]);
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
      "tells points and schedules of many groups by few questions as it tells those of one",
      run(async () => {
        await protect(pair, { enabled: true, intervalMs: 600_000 });
        const { source, target } = pair;
        const further = Array.from({ length: 150 }, (_, n) => `protector-${String(n).padStart(12, "0")}`);
        await source.array.ensureGroup(further[7] ?? "");
        await source.array.replicateNow(further[7] ?? "", "own-1");
        for (const suffix of ["p-1", "p-2"]) {
          await source.array.replicateNow(GROUP, suffix);
          await pair.clock.sleep(400_000);
        }
        const there = await target.array.listRecoveryPointsOf([
          onTarget(pair),
          ...further.map((group) => ({ ...onTarget(pair), group })),
        ]);
        expect(there.get(GROUP)?.length).toBeGreaterThanOrEqual(2);
        expect(there.get(GROUP)).toEqual(await target.array.listRecoveryPoints(onTarget(pair)));
        expect(there.get(further[7] ?? "")).toEqual([]);
        const here = await source.array.listRecoveryPointsOf(
          [GROUP, ...further].map((group) => ({ group, array: undefined })),
        );
        expect(here.get(further[7] ?? "")?.map(({ suffix }) => suffix)).toEqual(["own-1"]);
        expect(here.get(GROUP)).toEqual(await source.array.listRecoveryPoints({ group: GROUP, array: undefined }));
        const schedules = await source.array.readReplication([GROUP, ...further]);
        expect([...schedules.keys()]).toEqual([GROUP, further[7]]);
        expect(schedules.get(GROUP)).toEqual({ enabled: true, intervalMs: 600_000 });
      }),
    );

    it(
      "calls a point usable on the target only when its transfer has ended",
      run(async () => {
        await protect(pair);
        pair.link.transferMs = 60_000;
        const made = await pair.source.array.replicateNow(GROUP, "p-1");
        const here = { group: GROUP, array: undefined };
        const together = async () => [
          ...(await pair.target.array.findRecoveryPoints(
            ["p-0", "p-1"].map((suffix) => ({ source: onTarget(pair), suffix })),
          )),
          ...(await pair.source.array.findRecoveryPoints([{ source: here, suffix: "p-1" }])),
        ];
        expect(made).toMatchObject({ suffix: "p-1", isUsable: true, progress: 1, createdAt: pair.clock.now() });
        await pair.clock.sleep(30_000);
        const half = await pair.target.array.findRecoveryPoint(onTarget(pair), "p-1");
        expect(half).toMatchObject({ isUsable: false, completedAt: undefined, createdAt: made.createdAt });
        expect(await together()).toEqual([undefined, half, made]);
        expect(half?.progress).toBeCloseTo(0.5, 2);
        expect((await pair.target.array.listRecoveryPoints(onTarget(pair)))[0]?.isUsable).toBe(false);
        const early = await failureOf(clone(pair, { suffix: "p-1", disk: DISKS[0], name: "protector-c-1" }));
        expect(early.failureClass).toBe("waiting");
        await pair.clock.sleep(31_000);
        const whole = await pair.target.array.findRecoveryPoint(onTarget(pair), "p-1");
        expect(whole).toMatchObject({ isUsable: true, progress: 1 });
        expect(whole?.bytesSent).toBeGreaterThan(0);
        expect(await together()).toEqual([undefined, whole, made]);
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
