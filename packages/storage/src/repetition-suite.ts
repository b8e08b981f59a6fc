import type { Fault } from "@protector/simulator";
import { describe, expect, it } from "vitest";
import {
  type ArrayPair,
  clone,
  DISKS,
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

/** Everything that a driver can be told to do, once, in an order that makes sense. */
async function wholeLife(pair: ArrayPair): Promise<void> {
  const { source, target } = pair;
  const local = { group: GROUP, array: undefined };
  const idle = { groupId: GROUP_ID, epoch: 2, holder: undefined };
  const held = { ...idle, holder: "aaaaaaaa" };
  const first = { suffix: "p-1", disk: DISKS[0], name: "protector-op-0" };
  const second = { suffix: "p-1", disk: DISKS[1], name: "protector-op-1" };
  layOutDisks(pair);
  await protect(pair);
  write(pair, DISKS[0], 1);
  write(pair, DISKS[1], 2);
  await patiently(pair, () => source.array.ensureMarker(idle));
  await patiently(pair, () => source.array.swapMarker(idle, held));
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
  await patiently(pair, () => source.array.swapMarker(held, { ...idle, epoch: 5 }));
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
