import type { ArrayState } from "../array-state.ts";
import { toldBy } from "../halves.ts";
import { NO_REFERENCE, type StoredPod } from "../objects.ts";

/** A pod as this array tells of it. */
export function podItem(state: ArrayState, pod: StoredPod): object {
  const eradicated = state.eradicationOf(pod);
  const known = (name: string) => pod.halves.find(({ array }) => array.name === name)?.array.id ?? null;
  return {
    id: pod.id,
    name: pod.name,
    source: NO_REFERENCE,
    destroyed: pod.destroyedAt !== undefined,
    time_remaining: eradicated === undefined ? null : Math.max(0, eradicated - state.now()),
    requested_promotion_state: "promoted",
    promotion_status: "promoted",
    mediator: "purestorage",
    mediator_version: null,
    failover_preferences: pod.failoverPreferences.map((name) => ({ id: known(name), name })),
    arrays: toldBy(state, pod).map(({ half, status, mediator, frozenAt, progress }) => ({
      id: half.array.id,
      name: half.array.name,
      status,
      mediator_status: mediator,
      pre_elected: pod.preElected === half.array.name,
      frozen_at: frozenAt === undefined ? null : state.stamp(frozenAt),
      progress: progress ?? null,
    })),
    array_count: pod.halves.length,
    link_source_count: 0,
    link_target_count: 0,
    eradication_config: { manual_eradication: state.isSafeMode ? "all-disabled" : "all-enabled" },
    footprint: 0,
    space: { data_reduction: 1, shared: null, snapshots: 0, system: null, thin_provisioning: 0, total_reduction: 1 },
  };
}
