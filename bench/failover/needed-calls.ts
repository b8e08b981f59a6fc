import type { JournaledStep } from "../../packages/server/src/engine/runner/operation-store.ts";
import { type CloudTimes, LATENCY } from "./cloud-times.ts";

/** Something that a step cannot do without, one after the other. */
export type Need =
  | {
      readonly kind: "call";
      readonly lane: string;
      readonly ms: number;
      /** Calls of this step alone; 0 for a list that serves every step which waits for it. */
      readonly own: number;
    }
  | { readonly kind: "wait"; readonly ms: number };

type Service = keyof typeof LATENCY;
type Side = JournaledStep["site"];

/**
 * What each action of a planned failover needs of the outside, at the least: effects one by one, reads shared where one list
 * serves many steps, what does not depend on each other at once. An engine cannot do with less and keep its guarantees:
 * both markers read before each fire step, ours looked for before it is made, every effect read back.
 */
export function needsOf(step: JournaledStep, times: CloudTimes): readonly Need[] {
  const at = (service: Service, own: number, side: Side = step.site): Need => ({
    kind: "call",
    lane: `${side}/${service}`,
    ms: times.name === "instant" ? 0 : LATENCY[service],
    own,
  });
  const effect = (service: Service) => at(service, 1);
  const look = (service: Service) => at(service, 0);
  const wait = (ms: number): Need => ({ kind: "wait", ms });
  const guard = step.kind === "fire" ? [look("array")] : [];
  switch (step.action) {
    case "barrier":
      return [];
    case "marker.take":
    case "marker.raise":
      return [...guard, effect("array"), effect("array")];
    case "marker.release_here":
      return [effect("array"), effect("array"), effect("array")];
    case "storage.describe":
      return [effect("array")];
    case "server.observe":
      return [look("nova")];
    case "port.ensure":
      return [look("neutron"), effect("neutron")];
    case "key_pair.ensure":
      return [effect("nova")];
    case "replication.cut":
      return [effect("array"), effect("array")];
    case "replication.wait":
      return [wait(times.transferMs), effect("array"), effect("array")];
    case "replication.verify_cut":
      return [look("nova")];
    case "room.check":
      return [effect("cinder")];
    case "replication.schedule":
      return [effect("array")];
    case "replication.drop":
      return [effect("array"), effect("array")];
    case "server.lock":
      return [...guard, look("nova"), effect("nova")];
    case "server.stop":
      return [...guard, look("nova"), effect("nova"), wait(times.compute.stopMs), look("nova")];
    case "volume.recover":
      return [
        look("cinder"),
        effect("array"),
        effect("array"),
        effect("cinder"),
        wait(times.volume.manageMs),
        look("cinder"),
      ];
    case "volume.describe":
      return [at("cinder", 3)];
    case "server.create":
      return [...guard, look("nova"), effect("nova")];
    case "server.await_active":
      return [wait(times.compute.buildMs), look("nova")];
    case "server.verify":
      return [look("nova")];
    case "server.park":
      return [...guard, look("nova"), effect("nova"), wait(times.compute.shelveMs), look("nova")];
    case "cinder_group.ensure":
      return [
        effect("cinder"),
        effect("cinder"),
        effect("cinder"),
        wait(times.volume.groupMs),
        effect("cinder"),
        effect("cinder"),
        wait(times.volume.groupMs),
        effect("cinder"),
      ];
    default:
      throw new Error(`the bench does not know what ${step.action} needs`);
  }
}

/** Before there is a plan: a token at each site, then lists of both sites and arrays at once, a token by trust. */
export function planningMs(times: CloudTimes): number {
  return times.name === "instant" ? 0 : LATENCY.keystone + LATENCY.cinder + LATENCY.keystone;
}
