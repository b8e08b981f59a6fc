import { beforeEach, describe, expect, it } from "vitest";
import { type ArrayPair, failureOf, GIB, GROUP, HOST, patiently, RETENTION } from "./array-pair.ts";
import type { ArrayPod, PodHalf, ReplicationSettings } from "./storage-array.ts";

const POD = "cinder-pod";
const POD_GROUP = `${POD}::${GROUP}`;
const POD_DISKS = [`${POD}::volume-aaaa-cinder`, `${POD}::volume-bbbb-cinder`] as const;
const MINUTE = 60_000;

/** Groups and volumes in a pod that both arrays keep. */
export function describePods(makePair: () => ArrayPair): void {
  describe("pods", () => {
    let pair: ArrayPair;
    beforeEach(() => {
      pair = makePair();
      stretch(pair);
    });
    const run = (test: () => Promise<void>) => () => pair.clock.run(test());

    it(
      "are told with both halves by either array, and one that is not there is not told",
      run(async () => {
        const { source, target } = pair;
        const inSync = { status: "online", mediator: "online", isPreElected: false, frozenAt: undefined };
        for (const { array } of [source, target]) {
          const pod = await patiently(pair, () => array.findPod(POD));
          const ids = pod?.halves.map((half) => half.arrayId).toSorted();
          expect(ids).toEqual([source.model.id, target.model.id].toSorted());
          expect(pod?.halves.map(({ array }) => array).toSorted()).toEqual(["array-a", "array-b"]);
          for (const half of pod?.halves ?? []) expect(half).toMatchObject({ ...inSync, progress: undefined });
          expect(await patiently(pair, () => array.findPod("other-pod"))).toBeUndefined();
        }
      }),
    );

    it(
      "have the same volumes, group, schedule and points on both arrays",
      run(async () => {
        const { source, target } = pair;
        writeBoth(pair);
        await protectInPod(pair);
        const point = await patiently(pair, () => source.array.replicateNow(POD_GROUP, "first"));
        expect(point).toMatchObject({ group: POD_GROUP, suffix: "first", progress: 1, isUsable: true });
        const local = { group: POD_GROUP, array: undefined };
        for (const { array } of [source, target]) {
          expect(await patiently(pair, () => array.findGroup(POD_GROUP))).toMatchObject({
            name: POD_GROUP,
            members: POD_DISKS,
            targets: [],
            replication: { enabled: true, intervalMs: 300_000 },
          });
          const points = await patiently(pair, () => array.listRecoveryPoints(local));
          expect(points.find(({ suffix }) => suffix === "first")).toEqual(point);
          const held = await patiently(pair, () => array.volumesOfPoint(local, "first"));
          expect(held.map(({ sourceVolume }) => sourceVolume).toSorted()).toEqual(POD_DISKS);
        }
        const [near, far] = await Promise.all(
          [source, target].map(({ array }) => patiently(pair, () => array.findVolume(POD_DISKS[0]))),
        );
        expect(far?.serial).toBe(near?.serial);
      }),
    );

    it(
      "cut points of a group by its schedule, once, and keep them as long as its retention says",
      run(async () => {
        await protectInPod(pair, { allForSeconds: 3600, perDay: 0, days: 0 });
        await pair.clock.sleep(12 * MINUTE);
        const local = { group: POD_GROUP, array: undefined };
        const suffixes = async (side: "source" | "target") =>
          (await patiently(pair, () => pair[side].array.listRecoveryPoints(local))).map(({ suffix }) => suffix);
        const cut = await suffixes("source");
        expect(cut.length).toBeGreaterThanOrEqual(2);
        expect(cut.length).toBeLessThanOrEqual(3);
        expect(await suffixes("target")).toEqual(cut);
        await pair.clock.sleep(120 * MINUTE);
        for (const suffix of await suffixes("target")) expect(cut).not.toContain(suffix);
      }),
    );

    it(
      "give clones out of the pod on either array, under a serial of their own",
      run(async () => {
        writeBoth(pair);
        await protectInPod(pair);
        await patiently(pair, () => pair.source.array.replicateNow(POD_GROUP, "first"));
        write(pair, POD_DISKS[0], 3);
        const source = { group: POD_GROUP, array: undefined };
        const request = { source, suffix: "first", sourceVolume: POD_DISKS[0], name: "protector-clone" };
        const made = await patiently(pair, () => pair.target.array.ensureClone(request));
        const original = await patiently(pair, () => pair.target.array.findVolume(POD_DISKS[0]));
        expect(made).toMatchObject({ name: "protector-clone", bytes: GIB });
        expect(made.serial).not.toBe(original?.serial);
        expect(pair.target.model.writesOfVolume("protector-clone")).toHaveLength(1);
        expect(await patiently(pair, () => pair.source.array.findVolume("protector-clone"))).toBeUndefined();
        expect(await patiently(pair, () => pair.target.array.ensureClone(request))).toEqual(made);
      }),
    );

    it(
      "hold no volume of another place: a group in a pod takes none from outside, one outside none from a pod",
      run(async () => {
        const { array, model } = pair.source;
        model.createVolume("plain", GIB);
        await patiently(pair, () => array.ensureGroup(POD_GROUP));
        await patiently(pair, () => array.ensureGroup(GROUP));
        expect((await failureOf(array.setMembers(POD_GROUP, ["plain"]))).failureClass).toBe("final");
        expect((await failureOf(array.setMembers(GROUP, [POD_DISKS[0]]))).failureClass).toBe("final");
        await failureOf(array.renameVolume(POD_DISKS[0], "volume-aaaa-cinder"));
        await failureOf(array.overwrite(POD_DISKS[0], "plain"));
        await failureOf(array.ensureGroup("no-such-pod::group"));
      }),
    );

    it(
      "show the connections of each array's own hosts there, and end one where it is",
      run(async () => {
        const { source, target } = pair;
        target.model.connect(POD_DISKS[0], "compute-9");
        const own = async ({ array }: ArrayPair["source"], host: string) =>
          (await patiently(pair, () => array.connectionsOf([POD_DISKS[0]]))).find((each) => each.host === host);
        const [near, far] = [await own(source, HOST), await own(target, "compute-9")];
        expect([near?.volume, far?.volume]).toEqual([POD_DISKS[0], POD_DISKS[0]]);
        await patiently(pair, () => source.array.disconnect({ volume: POD_DISKS[0], host: HOST }));
        expect(await own(source, HOST)).toBeUndefined();
        expect(await own(target, "compute-9")).toEqual(far);
      }),
    );

    it(
      "go on where the mediator says when the link is cut; the other half stands still and catches up later",
      run(async () => {
        const { source, target, link } = pair;
        writeBoth(pair);
        await protectInPod(pair);
        const cutAt = pair.clock.now();
        link.isUp = false;
        const near = await halves(pair, "source");
        expect(near.own).toMatchObject({ status: "online", frozenAt: undefined });
        expect(near.other.status).toBe("offline");
        const far = await halves(pair, "target");
        expect(far.own).toMatchObject({ status: "offline" });
        expect(far.own.frozenAt).toBeGreaterThanOrEqual(cutAt);
        expect(far.other).toMatchObject({ status: "unknown", mediator: "unknown" });
        write(pair, POD_DISKS[0], 3);
        await patiently(pair, () => source.array.replicateNow(POD_GROUP, "alone"));
        const local = { group: POD_GROUP, array: undefined };
        expect(await patiently(pair, () => target.array.findRecoveryPoint(local, "alone"))).toBeUndefined();
        expect(target.model.writesOfVolume(POD_DISKS[0])).toHaveLength(1);
        await failureOf(target.array.replicateNow(POD_GROUP, "refused"));
        await pair.clock.sleep(10 * MINUTE);
        link.isUp = true;
        const behind = await halves(pair, "source");
        expect(behind.other.status).toBe("resyncing");
        await pair.clock.sleep(10_000);
        const catching = await halves(pair, "target");
        expect(catching.own.status).toBe("resyncing");
        expect(catching.own.progress).toBeGreaterThan(0);
        expect(catching.own.progress).toBeLessThan(1);
        expect(catching.other.status).toBe("online");
        await pair.clock.sleep(10 * MINUTE);
        expect((await halves(pair, "target")).own).toMatchObject({
          status: "online",
          frozenAt: undefined,
          progress: undefined,
        });
        expect(target.model.writesOfVolume(POD_DISKS[0])).toHaveLength(2);
        expect(await patiently(pair, () => target.array.findRecoveryPoint(local, "alone"))).toBeDefined();
      }),
    );

    it(
      "go on at the array that is left, with all that was written",
      run(async () => {
        const { source, target } = pair;
        writeBoth(pair);
        await protectInPod(pair);
        source.model.isUp = false;
        const left = await halves(pair, "target");
        expect(left.own).toMatchObject({ status: "online", frozenAt: undefined });
        expect(left.other.status).toBe("offline");
        await patiently(pair, () => target.array.replicateNow(POD_GROUP, "after"));
        const request = {
          source: { group: POD_GROUP, array: undefined },
          suffix: "after",
          sourceVolume: POD_DISKS[1],
          name: "protector-clone",
        };
        await patiently(pair, () => target.array.ensureClone(request));
        expect(target.model.writesOfVolume("protector-clone").map(({ sequence }) => sequence)).toEqual([2]);
        source.model.isUp = true;
        expect((await halves(pair, "source")).own.status).toBe("resyncing");
        await failureOf(source.array.replicateNow(POD_GROUP, "too-early"));
        await pair.clock.sleep(10 * MINUTE);
        expect((await halves(pair, "source")).own.status).toBe("online");
        const local = { group: POD_GROUP, array: undefined };
        expect(await patiently(pair, () => source.array.findRecoveryPoint(local, "after"))).toBeDefined();
      }),
    );
  });
}

/** A pod over both arrays with two volumes, connected to a host of the source. */
function stretch(pair: ArrayPair): void {
  const { source, target } = pair;
  source.model.createPod(POD);
  source.model.stretchPod(POD, target.model.name);
  for (const disk of POD_DISKS) {
    source.model.createVolume(disk, GIB);
    source.model.connect(disk, HOST);
  }
}

function write(pair: ArrayPair, disk: string, sequence: number): void {
  const at = pair.clock.now();
  pair.source.model.write(disk, HOST, { writer: "server-1", sequence, at, text: `write ${sequence}` });
}

function writeBoth(pair: ArrayPair): void {
  for (const [index, disk] of POD_DISKS.entries()) write(pair, disk, index + 1);
}

async function protectInPod(pair: ArrayPair, retention: ReplicationSettings["retention"] = RETENTION): Promise<void> {
  const { array } = pair.source;
  await patiently(pair, () => array.ensureGroup(POD_GROUP));
  await patiently(pair, () => array.setMembers(POD_GROUP, POD_DISKS));
  const settings = { enabled: true, intervalMs: 300_000, retention };
  await patiently(pair, () => array.setReplication(POD_GROUP, settings));
}

async function halves(
  pair: ArrayPair,
  side: "source" | "target",
): Promise<{ readonly own: PodHalf; readonly other: PodHalf }> {
  const { array, model } = pair[side];
  const pod: ArrayPod | undefined = await patiently(pair, () => array.findPod(POD));
  const own = pod?.halves.find((half) => half.arrayId === model.id);
  const other = pod?.halves.find((half) => half.arrayId !== model.id);
  if (!own || !other) throw new Error(`${POD} is not stretched`);
  return { own, other };
}
