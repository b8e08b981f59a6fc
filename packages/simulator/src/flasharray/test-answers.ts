/** A listing of which a test takes the first. */
export type Listed<T> = readonly [T, ...T[]];

/** What the array shows under the same name in both families; sizes in bytes. */
interface ShownObject {
  readonly id: string;
  readonly name: string;
  readonly serial: string;
  readonly size: number;
  /** s in REST 1.x, ms in REST 2. */
  readonly time_remaining: number;
  readonly source: unknown;
  readonly progress: number;
}

/**
 * An object or a row of REST 1.x as tests read it: the members that any call answers. One that the call at hand does not
 * answer is undefined when the test runs, and fails what is expected of it.
 */
export interface Rest1Object extends ShownObject {
  readonly version: string;
  readonly created: string;
  readonly completed: string | null;
  readonly total: number;
  readonly capacity: number;
  readonly targets: unknown;
  readonly arrays: unknown;
  readonly volumes: unknown;
}

/** What REST 1.x says about one refused object. */
export interface Rest1Refusal {
  readonly msg: string;
  /** The object's name. */
  readonly ctx: string;
}

/** As {@link Rest1Object}, of REST 2. Times in ms since the UNIX epoch. */
export interface Rest2Item extends ShownObject {
  readonly suffix: string;
  readonly created: number;
  readonly started: number;
  readonly completed: number;
  readonly destroyed: boolean;
  readonly allowed: boolean;
  readonly status: string;
  readonly lun: number;
  readonly connection_count: number;
  readonly qos: { readonly iops_limit: number | null };
  readonly member: { readonly name: string };
  readonly replication_schedule: unknown;
  readonly target_retention: unknown;
  readonly default_protections: Listed<{ readonly name: string }>;
  readonly eradication_config: { readonly manual_eradication: string };
  /** Of a pod. */
  readonly arrays: Listed<{ readonly name: string; readonly status: string; readonly pre_elected: boolean }>;
}

/** Body of an answer of REST 2, and of the versions that both families have in common. */
export interface Rest2Body {
  readonly items: Listed<Rest2Item>;
  readonly continuation_token: string | null;
  readonly version: readonly string[];
  readonly errors: Listed<{ readonly message: string }>;
}
