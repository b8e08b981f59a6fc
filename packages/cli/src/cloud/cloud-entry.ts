import { UsageError } from "../exit-codes.ts";
import { isMap, merge, type RawMap } from "./merge.ts";

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
  /** Name of a profile that was found nowhere. */
  readonly profile: string | undefined;
}

const INTERFACES = ["public", "internal", "admin"] as const;

/** A cloud as it stands in a file: an entry for each of its regions. The first is meant where none is named. */
export function readEntries(name: string, raw: RawMap): readonly [CloudEntry, ...CloudEntry[]] {
  const [first, ...others] = Array.isArray(raw.regions) ? (raw.regions as readonly unknown[]) : [];
  if (first === undefined) return [readEntry(name, raw)];
  const inRegion = (region: unknown) => {
    const { name: region_name, values } = isMap(region) ? region : { name: region, values: {} };
    return readEntry(name, { ...merge(raw, isMap(values) ? values : {}), region_name });
  };
  return [inRegion(first), ...others.map(inRegion)];
}

/** A raw entry with the defaults that os-client-config gives. */
export function readEntry(name: string, raw: RawMap): CloudEntry {
  const face = String(raw.interface ?? raw.endpoint_type ?? "public").replace(/URL$/, "");
  const verify = raw.verify ?? !(raw.insecure ?? false);
  return {
    name,
    auth: authOf(raw),
    authType: text(raw.auth_type),
    region: text(raw.region_name),
    interface: INTERFACES.find((known) => known === face) ?? "public",
    caFile: text(raw.cacert),
    isInsecure: !(verify === true || /^(true|yes|1)$/i.test(String(verify))),
    endpoint: text(raw.protector_endpoint_override),
    profile: text(raw.profile),
  };
}

/** Keys of `auth` may stand beside it, and projects may be called tenants. */
function authOf(raw: RawMap): Record<string, string> {
  const beside = Object.fromEntries(AUTH_KEYS.map((key) => [key, raw[key]]));
  const { tenant_name, tenant_id, ...auth } = strings({ ...beside, ...(isMap(raw.auth) ? raw.auth : {}) });
  const project_name = auth.project_name ?? tenant_name;
  const project_id = auth.project_id ?? tenant_id;
  return strings({ ...auth, project_name, project_id });
}

function text(value: unknown): string | undefined {
  return value === undefined || value === null || value === "" ? undefined : String(value);
}

function strings(raw: RawMap): Record<string, string> {
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
  OS_ENDPOINT_TYPE: "endpoint_type",
  OS_INTERFACE: "interface",
  OS_CACERT: "cacert",
  OS_PROTECTOR_ENDPOINT_OVERRIDE: "protector_endpoint_override",
} as const;

/** `OS_*` variables, by name. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** The entry that the `OS_*` variables make; undefined without `OS_AUTH_URL`. */
export function entryOfVariables(env: Variables): CloudEntry | undefined {
  if (!env.OS_AUTH_URL) return undefined;
  const name = env.OS_REGION_NAME || new URL(env.OS_AUTH_URL).host;
  return readEntry(name, rawOf(env));
}

/**
 * A named cloud with what the caller says beside its name laid over it, as openstackclient does.
 * @param regions the cloud's entries, by region.
 * @throws UsageError for a region that the cloud does not have.
 */
export function overlaid(regions: readonly [CloudEntry, ...CloudEntry[]], variables: Variables): CloudEntry {
  const entry = inRegion(regions, variables.OS_REGION_NAME || undefined);
  const given = readEntry(entry.name, rawOf(variables));
  const isFaceGiven = Boolean(variables.OS_INTERFACE || variables.OS_ENDPOINT_TYPE);
  return {
    ...entry,
    auth: { ...entry.auth, ...given.auth },
    authType: given.authType ?? entry.authType,
    region: given.region ?? entry.region,
    interface: isFaceGiven ? given.interface : entry.interface,
    caFile: given.caFile ?? entry.caFile,
    isInsecure: variables.OS_INSECURE ? given.isInsecure : entry.isInsecure,
    endpoint: given.endpoint ?? entry.endpoint,
  };
}

function inRegion(regions: readonly [CloudEntry, ...CloudEntry[]], wanted: string | undefined): CloudEntry {
  const [first] = regions;
  if (wanted === undefined) return first;
  const found = regions.find(({ region }) => region === undefined || region === wanted);
  if (found) return found;
  const names = regions.map(({ region }) => region).join(", ");
  throw new UsageError(
    `Cloud "${first.name}" has no region ${wanted}; it has ${names}. Correct OS_REGION_NAME or --os-region-name, or name the cloud of that region.`,
  );
}

function rawOf(variables: Variables): RawMap {
  const auth = Object.fromEntries(AUTH_KEYS.map((key) => [key, variables[`OS_${key.toUpperCase()}`]]));
  auth.project_name ??= variables.OS_TENANT_NAME;
  auth.project_id ??= variables.OS_TENANT_ID;
  const set = Object.entries(ENTRY_VARIABLES).filter(([variable]) => variables[variable]);
  const rest = Object.fromEntries(set.map(([variable, key]) => [key, variables[variable]]));
  return { ...rest, insecure: variables.OS_INSECURE, auth };
}

/** Variables of the environment that say something about a cloud that is named: a project is the cloud's own. */
export function variablesBesideCloud(env: Variables): Variables {
  const {
    OS_PROJECT_NAME: _name,
    OS_PROJECT_ID: _id,
    OS_TENANT_NAME: _tenant,
    OS_TENANT_ID: _tenantId,
    ...others
  } = env;
  return others;
}
