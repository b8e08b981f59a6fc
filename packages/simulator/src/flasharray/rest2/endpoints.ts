import { type ApiVersion, isAtLeast, parseVersion } from "../api-version.ts";

type Method = "GET" | "POST" | "PATCH" | "DELETE";

interface Endpoint {
  /** First REST version that has it. */
  readonly since: string;
  /** Query parameters by method, separated by blanks; `name@2.16` is known from that version on. */
  readonly methods: Readonly<Partial<Record<Method, string>>>;
}

const LIST = "filter limit offset sort total_item_count";
const PAGED = `${LIST} continuation_token`;

/** What the simulator serves. Versions from the vendor's published API descriptions. */
const ENDPOINTS: Readonly<Record<string, Endpoint>> = {
  login: { since: "2.0", methods: { POST: "" } },
  logout: { since: "2.0", methods: { POST: "" } },
  arrays: { since: "2.2", methods: { GET: LIST } },
  controllers: { since: "2.2", methods: { GET: `${PAGED} names` } },
  "admins/api-tokens": { since: "2.2", methods: { GET: `${PAGED} names expose_api_token` } },
  "array-connections": { since: "2.4", methods: { GET: `${PAGED} names` } },
  "container-default-protections": {
    since: "2.16",
    methods: { GET: `${PAGED} names ids destroyed`, PATCH: "names ids" },
  },
  pods: {
    since: "2.1",
    methods: {
      GET: `${PAGED} names ids destroyed total_only`,
      POST: "names",
      PATCH: "names ids abort_quiesce destroy_contents@2.3 promote_from quiesce skip_quiesce",
      DELETE: "names ids eradicate_contents@2.3",
    },
  },
  "pods/arrays": {
    since: "2.1",
    methods: {
      GET: `${LIST} group_names group_ids member_names member_ids`,
      POST: "group_names group_ids member_names member_ids",
      DELETE: "group_names group_ids member_names member_ids with_unknown",
    },
  },
  volumes: {
    since: "2.0",
    methods: {
      GET: `${PAGED} names ids destroyed total_only`,
      POST: "names overwrite with_default_protection@2.16 add_to_protection_group_names@2.16",
      PATCH: "names ids truncate add_to_protection_group_names@2.23 remove_from_protection_group_names@2.23",
      DELETE: "names ids",
    },
  },
  "volume-snapshots": {
    since: "2.0",
    methods: {
      GET: `${PAGED} names ids destroyed source_names source_ids total_only`,
      POST: "source_names source_ids",
      PATCH: "names ids replication_snapshot",
      DELETE: "names ids replication_snapshot",
    },
  },
  hosts: { since: "2.0", methods: { GET: `${PAGED} names`, POST: "names", DELETE: "names" } },
  connections: {
    since: "2.0",
    methods: {
      GET: `${PAGED} host_names volume_names volume_ids@2.1`,
      POST: "host_names volume_names",
      DELETE: "host_names volume_names",
    },
  },
  "protection-groups": {
    since: "2.1",
    methods: {
      GET: `${PAGED} names ids@2.26 destroyed total_only`,
      POST: "names",
      PATCH: "names ids@2.26",
      DELETE: "names ids@2.26",
    },
  },
  "protection-groups/volumes": {
    since: "2.1",
    methods: {
      GET: `${PAGED} group_names group_ids@2.26 member_names member_ids member_destroyed`,
      POST: "group_names group_ids@2.26 member_names member_ids",
      DELETE: "group_names group_ids@2.26 member_names member_ids",
    },
  },
  "protection-groups/targets": {
    since: "2.1",
    methods: {
      GET: `${PAGED} group_names group_ids@2.26 member_names`,
      POST: "group_names group_ids@2.26 member_names",
      PATCH: "group_names group_ids@2.26 member_names",
      DELETE: "group_names group_ids@2.26 member_names",
    },
  },
  "protection-group-snapshots": {
    since: "2.1",
    methods: {
      GET: `${PAGED} names ids@2.26 destroyed source_names source_ids@2.26 total_only`,
      POST: "source_names source_ids@2.26 apply_retention replicate@2.4 replicate_now@2.4 for_replication@2.4 allow_throttle@2.25",
      PATCH: "names ids@2.26",
      DELETE: "names ids@2.26",
    },
  },
  "protection-group-snapshots/transfer": {
    since: "2.1",
    methods: { GET: `${LIST} names ids@2.26 destroyed source_names source_ids@2.26 total_only` },
  },
};

/** What a version of the API says to a call: served, or why not. */
export type Lookup =
  | { readonly kind: "served" }
  | { readonly kind: "no_path" }
  | { readonly kind: "no_method" }
  | { readonly kind: "unknown_parameter"; readonly parameter: string };

export function lookUp(version: ApiVersion, method: string, path: string, query: URLSearchParams): Lookup {
  const endpoint = Object.hasOwn(ENDPOINTS, path) ? ENDPOINTS[path] : undefined;
  if (!endpoint || !has(version, endpoint.since)) return { kind: "no_path" };
  const known = endpoint.methods[method as Method];
  if (known === undefined) return { kind: "no_method" };
  const parameters = parametersOf(known);
  const parameter = [...query.keys()].find((name) => {
    const since = parameters.get(name);
    return since === undefined || !has(version, since);
  });
  return parameter === undefined ? { kind: "served" } : { kind: "unknown_parameter", parameter };
}

const parsed = new Map<string, ReadonlyMap<string, string>>();

/** The version since which each parameter of a method is known, read once for all its calls. */
function parametersOf(text: string): ReadonlyMap<string, string> {
  const known = parsed.get(text);
  if (known) return known;
  const parameters = new Map(
    text.split(" ").map((entry) => {
      const [name = "", since = "2.0"] = entry.split("@");
      return [name, since] as const;
    }),
  );
  parsed.set(text, parameters);
  return parameters;
}

function has(version: ApiVersion, since: string): boolean {
  const wanted = parseVersion(since);
  return wanted !== undefined && isAtLeast(version, wanted);
}
