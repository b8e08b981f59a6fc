import { type CloudOptions, DEFAULT_COMPUTE_DURATIONS, DEFAULT_VOLUME_DURATIONS } from "@protector/simulator";

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

/**
 * A typical cloud. Of the simulator's usual durations build, shelve, unshelve and manage last as long as they did on a real
 * OpenStack (boot from volume 3–5 s, shelve 3.9 s, unshelve 2.3 s, manage under 1 s), at their lower ends; the others and the
 * latencies are assumed; a transfer takes 20 s.
 */
export const TYPICAL: CloudTimes = {
  name: "typical",
  latencyOf: (service) => LATENCY[(service.split("/")[1] ?? "array") as keyof typeof LATENCY] ?? LATENCY.array,
  compute: DEFAULT_COMPUTE_DURATIONS,
  volume: DEFAULT_VOLUME_DURATIONS,
  transferMs: 20_000,
  callsPerService: 16,
};

/** Clouds and arrays that answer at once and have done everything when they answer: only the engine takes time. */
export const INSTANT: CloudTimes = {
  name: "instant",
  latencyOf: () => 0,
  compute: zeros(DEFAULT_COMPUTE_DURATIONS),
  volume: zeros(DEFAULT_VOLUME_DURATIONS),
  transferMs: 0,
  callsPerService: 16,
};

function zeros<T extends object>(times: T): { readonly [Key in keyof T]: number } {
  return Object.fromEntries(Object.keys(times).map((key) => [key, 0])) as { [Key in keyof T]: number };
}
