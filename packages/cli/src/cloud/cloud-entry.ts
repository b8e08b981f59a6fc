/** One cloud as `clouds.yaml` or the `OS_*` variables describe it. */
export interface CloudEntry {
  /** Key in `clouds.yaml`; for variables the region, else the address. */
  readonly name: string;
  /** Keys of `auth`, in snake case. */
  readonly auth: Readonly<Record<string, string>>;
  /** `auth_type`; undefined = by what `auth` holds. */
  readonly authType: string | undefined;
  readonly region: string | undefined;
  readonly interface: "public" | "internal" | "admin";
  /** Path of a PEM file. */
  readonly caFile: string | undefined;
  readonly isInsecure: boolean;
  /** `protector_endpoint_override`. */
  readonly endpoint: string | undefined;
}

/** Values as they stand in a file, before they are checked. */
export type RawEntry = Readonly<Record<string, unknown>>;

const INTERFACES = ["public", "internal", "admin"] as const;

/** A raw entry with the defaults that os-client-config gives. */
export function readEntry(name: string, raw: RawEntry): CloudEntry {
  const face = String(raw.interface ?? raw.endpoint_type ?? "public").replace(/URL$/, "");
  const verify = raw.verify ?? !(raw.insecure ?? false);
  return {
    name,
    // `auth_methods` may stand beside `auth`.
    auth: strings({ auth_methods: raw.auth_methods, ...((raw.auth ?? {}) as RawEntry) }),
    authType: text(raw.auth_type),
    region: text(raw.region_name),
    interface: INTERFACES.find((known) => known === face) ?? "public",
    caFile: text(raw.cacert),
    isInsecure: !(verify === true || /^(true|yes|1)$/i.test(String(verify))),
    endpoint: text(raw.protector_endpoint_override),
  };
}

function text(value: unknown): string | undefined {
  return value === undefined || value === null || value === "" ? undefined : String(value);
}

function strings(raw: RawEntry): Record<string, string> {
  const entries = Object.entries(raw).map(([key, value]) => [key.replaceAll("-", "_"), text(value)] as const);
  return Object.fromEntries(entries.filter((entry): entry is readonly [string, string] => entry[1] !== undefined));
}

/** Keys of `auth` that come as `OS_<KEY>` or `--os-<key>`. */
export const AUTH_KEYS = [
  "auth_url",
  "username",
  "user_id",
  "password",
  "token",
  "project_name",
  "project_id",
  "user_domain_name",
  "user_domain_id",
  "project_domain_name",
  "project_domain_id",
  "application_credential_id",
  "application_credential_name",
  "application_credential_secret",
  "system_scope",
  "passcode",
  "auth_methods",
  "identity_provider",
  "protocol",
  "client_id",
  "client_secret",
  "openid_scope",
  "discovery_endpoint",
  "access_token_endpoint",
  "device_authorization_endpoint",
  "access_token",
] as const;

/** Variables other than those of `auth`, and the key of an entry that each sets. */
const ENTRY_VARIABLES = {
  OS_AUTH_TYPE: "auth_type",
  OS_REGION_NAME: "region_name",
  OS_INTERFACE: "interface",
  OS_CACERT: "cacert",
  OS_PROTECTOR_ENDPOINT_OVERRIDE: "protector_endpoint_override",
} as const;

/** The entry that the `OS_*` variables make; undefined without `OS_AUTH_URL`. */
export function entryOfVariables(env: Readonly<Record<string, string | undefined>>): CloudEntry | undefined {
  if (!env.OS_AUTH_URL) return undefined;
  const auth = Object.fromEntries(AUTH_KEYS.map((key) => [key, env[`OS_${key.toUpperCase()}`]]));
  auth.project_name ??= env.OS_TENANT_NAME;
  auth.project_id ??= env.OS_TENANT_ID;
  const rest = Object.entries(ENTRY_VARIABLES).map(([variable, key]) => [key, env[variable]]);
  const name = env.OS_REGION_NAME || new URL(env.OS_AUTH_URL).host;
  return readEntry(name, { ...Object.fromEntries(rest), insecure: env.OS_INSECURE, auth });
}
