import type { CloudOptions } from "@protector/simulator";

/** How long everything outside the engine takes, ms. */
export interface CloudTimes {
  readonly name: "typical" | "instant";
  /** Of one call; service as `site-a/nova`, or an array's name. */
  latencyOf(service: string): number;
  readonly compute: Required<NonNullable<CloudOptions["computeDurations"]>>;
  readonly volume: Required<NonNullable<CloudOptions["volumeDurations"]>>;
  /** Of one replication transfer. */
  readonly transferMs: number;
  /** Most calls at once to one service; the default of `[engine] nova_limit`. */
  readonly callsPerService: number;
}

/** Latency of one call by service, ms. */
export const LATENCY = {
  keystone: 30,
  nova: 60,
  cinder: 80,
  neutron: 50,
  glance: 50,
  placement: 50,
  array: 15,
} as const;

const COMPUTE = {
  buildMs: 3000,
  deleteMs: 1500,
  stopMs: 2000,
  startMs: 1500,
  rebootMs: 2000,
  shelveMs: 3900,
  unshelveMs: 2300,
  attachMs: 1000,
  detachMs: 1000,
  detachLagMs: 300,
} as const;

const VOLUME = { createMs: 800, deleteMs: 800, manageMs: 800, unmanageMs: 500, groupMs: 700 } as const;

/**
 * A typical cloud. Build, shelve, unshelve and manage last as long as they did on a real OpenStack (boot from volume 3–5 s,
 * shelve 3.9 s, unshelve 2.3 s, manage under 1 s), at their lower ends; the other durations and the latencies are assumed; a
 * transfer takes 20 s.
 */
export const TYPICAL: CloudTimes = {
  name: "typical",
  latencyOf: (service) => LATENCY[(service.split("/")[1] ?? "array") as keyof typeof LATENCY] ?? LATENCY.array,
  compute: COMPUTE,
  volume: VOLUME,
  transferMs: 20_000,
  callsPerService: 16,
};

/** Clouds and arrays that answer at once and have done everything when they answer: only the engine takes time. */
export const INSTANT: CloudTimes = {
  name: "instant",
  latencyOf: () => 0,
  compute: zeros(COMPUTE),
  volume: zeros(VOLUME),
  transferMs: 0,
  callsPerService: 16,
};

function zeros<T extends Readonly<Record<string, number>>>(times: T): { readonly [Key in keyof T]: number } {
  return Object.fromEntries(Object.keys(times).map((key) => [key, 0])) as { [Key in keyof T]: number };
}
