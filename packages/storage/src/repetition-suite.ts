import type { Fault } from "@protector/simulator";
import { beforeEach, describe, expect, it } from "vitest";
import {
  type ArrayPair,
  type ArrayUnderTest,
  clone,
  DISKS,
  failureOf,
  GROUP,
  GROUP_ID,
  HOST,
  layOutDisks,
  onTarget,
  patiently,
  protect,
  replicate,
  write,
} from "./array-pair.ts";
import type { Marker, StorageArray } from "./storage-array.ts";

const IDLE: Marker = { groupId: GROUP_ID, epoch: 2, holder: undefined };
const HELD: Marker = { ...IDLE, holder: "aaaaaaaa" };

/** Everything that a driver can be told to do, once, in an order that makes sense. */
async function wholeLife(pair: ArrayPair): Promise<void> {
  const { source, target } = pair;
  const local = { group: GROUP, array: undefined };
  const first = { suffix: "p-1", disk: DISKS[0], name: "protector-op-0" };
  const second = { suffix: "p-1", disk: DISKS[1], name: "protector-op-1" };
  layOutDisks(pair);
  await protect(pair);
  write(pair, DISKS[0], 1);
  write(pair, DISKS[1], 2);
  await patiently(pair, () => source.array.ensureMarker(IDLE));
  await patiently(pair, () => source.array.swapMarker(IDLE, HELD));
  await replicate(pair, "p-1");
  const kept = await patiently(pair, () => clone(pair, first));
  const dropped = await patiently(pair, () => clone(pair, second));
  await patiently(pair, () => target.array.renameVolume(kept.name, "volume-new-cinder"));
  await patiently(pair, () => target.array.destroyVolume(dropped.name, dropped.id));
  await patiently(pair, () => target.array.disallowReplicationFrom(source.model.name, GROUP));
  for (const disk of DISKS) await patiently(pair, () => source.array.disconnect({ volume: disk, host: HOST }));
  await patiently(pair, () => source.array.ensureVolumeSnapshot(DISKS[0], "before-1"));
  await patiently(pair, () => source.array.overwrite(DISKS[0], `${GROUP}.p-1.${DISKS[0]}`));
  await patiently(pair, () => source.array.setMembers(GROUP, [DISKS[0]]));
  await patiently(pair, () => target.array.destroyRecoveryPoint(onTarget(pair), "p-1"));
  await patiently(pair, () => source.array.destroyRecoveryPoint(local, "p-1"));
  await patiently(pair, () => source.array.swapMarker(HELD, { ...IDLE, epoch: 5 }));
  await patiently(pair, () => source.array.destroyGroup(GROUP));
  await patiently(pair, () => target.array.destroyMarker(GROUP_ID));
}

interface Trouble {
  readonly title: string;
  readonly fault: Fault;
  readonly times: number;
  /** Calls that it cannot happen to. */
  readonly spares?: RegExp;
}

const FAULTS: readonly Trouble[] = [
  { title: "its answer was lost", fault: { kind: "lost_answer" }, times: 1 },
  { title: "its answer was lost, and that of its repetition too", fault: { kind: "lost_answer" }, times: 2 },
  { title: "it was lost on its way", fault: { kind: "lost_request" }, times: 2 },
  { title: "a gateway answered in the array's place", fault: { kind: "refuse", status: 503 }, times: 2 },
  { title: "the array answered 503 for as long as the driver tries", fault: { kind: "refuse", status: 503 }, times: 5 },
  { title: "nobody listened for a while", fault: { kind: "unreachable" }, times: 5 },
  {
    title: "the session had expired",
    fault: { kind: "refuse", status: 401, body: { errors: [{ context: null, message: "Expired." }] } },
    times: 1,
    spares: /login$|api_version$/,
  },
];

/** Whatever an engine that died may have done already is done again by the next one: that changes nothing. */
export function describeTwice(makePair: () => ArrayPair): void {
  it("leaves the arrays as if nothing had happened when every call is made twice", async () => {
    const ideal = await outcome(makePair(), undefined);
    const pair = makePair();
    const doubled = { ...pair, source: doubling(pair.source), target: doubling(pair.target) };
    expect((await outcome(doubled, undefined)).state).toEqual(ideal.state);
  });
}

function doubling(under: ArrayUnderTest): ArrayUnderTest {
  const array = new Proxy(under.array, {
    get: (real, name: keyof StorageArray) => {
      const member = real[name];
      if (typeof member !== "function") return member;
      const call = member.bind(real) as (...given: readonly unknown[]) => Promise<unknown>;
      return async (...given: readonly unknown[]) => {
        await call(...given);
        return call(...given);
      };
    },
  });
  return { ...under, array };
}

/** What a driver makes of lost answers, where there is a network that can lose them. */
export function describeLostAnswers(makePair: () => ArrayPair): void {
  describe("a lost answer", () => {
    let pair: ArrayPair;
    beforeEach(() => {
      pair = makePair();
      layOutDisks(pair);
    });
    const run = (test: () => Promise<void>) => () => pair.clock.run(test());

    it(
      "does not keep a marker from being changed",
      run(async () => {
        const { array, model } = pair.source;
        await array.ensureMarker(IDLE);
        pair.conditions.inject({ service: model.name, method: "PATCH", times: 1, fault: { kind: "lost_answer" } });
        expect(await array.swapMarker(IDLE, HELD)).toEqual(HELD);
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
  });
}

/** Every single call of a whole life fails once in every way: the arrays must end up the same, without duplicates. */
export function describeRepetition(makePair: () => ArrayPair): void {
  describe("a call that fails once and is repeated", () => {
    for (const { title, ...trouble } of FAULTS) {
      it(`leaves the arrays as if nothing had happened, whichever call it was: ${title}`, {
        timeout: 60_000,
      }, async () => {
        const ideal = await outcome(makePair(), undefined);
        expect(ideal.calls).toBeGreaterThan(50);
        for (let index = 0; index < ideal.calls; index += 1) {
          const faulty = await outcome(makePair(), { index, ...trouble });
          expect(faulty.state, `call ${index}: ${faulty.hit}`).toEqual(ideal.state);
        }
      });
    }
  });
}

interface Interference extends Omit<Trouble, "title"> {
  /** Call that it begins with. */
  readonly index: number;
}

async function outcome(pair: ArrayPair, interference: Interference | undefined) {
  const names = [pair.source.model.name, pair.target.model.name];
  let seen = -1;
  let struck = 0;
  let hit: string | undefined;
  for (const service of names) {
    pair.conditions.inject({
      service,
      fault: interference?.fault ?? { kind: "slow", delayMs: 0 },
      when: (request) => {
        seen += 1;
        if (!interference || seen < interference.index || struck >= interference.times) return false;
        if (interference.spares?.test(request.path)) return false;
        const call = `${service} ${request.method} ${request.path}`;
        if (hit !== undefined && hit !== call) return false;
        hit = call;
        struck += 1;
        return true;
      },
    });
  }
  await pair.clock.run(wholeLife(pair));
  expect(pair.clock.sleeping, "timers left behind").toBe(0);
  return {
    state: { source: pair.source.model.describe(), target: pair.target.model.describe() },
    calls: seen + 1,
    hit,
  };
}
