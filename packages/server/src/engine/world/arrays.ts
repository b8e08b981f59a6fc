import { ProtectorError } from "@protector/contract";
import type { Cloud } from "@protector/openstack";
import { type ArrayAccess, podOf, type StorageArray } from "@protector/storage";
import type { DatabaseConnection } from "../../db/connection.ts";
import type { ProtectionGroupsTable, ReplicationPoliciesTable } from "../../db/schema.ts";
import type { SecretStore } from "../../domain/secrets.ts";
import type { EngineSettings, StorageBackend } from "../engine-ports.ts";

/** How a group's array at one site is reached. */
export interface GroupArray {
  readonly access: ArrayAccess;
  /** `host@backend#pool` from configuration; undefined = learned. */
  readonly cinderHost: string | undefined;
}

/**
 * The array of a group at a site: the policy's primary array is at the home site.
 * @throws ProtectorError `protection_group.no_policy`, `policy.backend_unknown`
 */
export async function arrayOf(
  sources: {
    readonly connection: DatabaseConnection;
    readonly secrets: SecretStore;
    readonly settings: EngineSettings;
  },
  group: ProtectionGroupsTable,
  policy: ReplicationPoliciesTable | undefined,
  siteId: string,
): Promise<GroupArray> {
  if (!policy)
    throw new ProtectorError("protection_group.no_policy", `Protection group ${group.name} has no replication policy.`);
  const isHome = group.home_site_id === siteId;
  const backendName = isHome ? policy.primary_backend : policy.secondary_backend;
  const { backends } = sources.settings;
  if (backendName !== null) {
    const backend = backends.find((each) => each.name === backendName);
    if (!backend) {
      throw new ProtectorError(
        "policy.backend_unknown",
        `Backend ${backendName} of the policy is not in [storage] enabled_backends of this host.`,
      );
    }
    return { access: accessOf(backend), cinderHost: backend.cinderHost };
  }
  const url = isHome ? policy.primary_fa_url : policy.secondary_fa_url;
  const secretId = isHome ? policy.primary_token_secret_id : policy.secondary_token_secret_id;
  if (!url || !secretId) {
    throw new ProtectorError(
      "protection_group.no_policy",
      `The policy of ${group.name} names no array with a token for this site.`,
    );
  }
  const known = backends.find((each) => sameOrigin(each.url, url));
  const apiToken = await sources.secrets.read(sources.connection.db, secretId, "array_token");
  return {
    access: { url, apiToken, tls: known?.tls ?? sources.settings.policyArrayTls },
    cinderHost: known?.cinderHost,
  };
}

/**
 * The Cinder backend on an array: the configured one, else the site's only pool, else the host of a volume that lives on
 * the array.
 * @throws ProtectorError `site.not_validated` that says how to name it.
 */
export async function findCinderHost(cloud: Cloud, array: StorageArray, siteName: string): Promise<string> {
  const pools = await cloud.volume.listPools();
  const [only] = pools;
  if (only && pools.length === 1) return only.name;
  const volumes = (await cloud.volume.listVolumes({ allProjects: true })).filter(
    // A backend whose volumes are in a pod takes none that was recovered.
    (volume) => volume.providerId && volume.host && podOf(volume.providerId) === undefined,
  );
  const onArray = new Set(
    (await array.findVolumes(volumes.map((volume) => volume.providerId ?? ""))).map((volume) => volume.name),
  );
  const host = volumes.find((volume) => onArray.has(volume.providerId ?? ""))?.host;
  if (host) return host;
  throw new ProtectorError(
    "site.not_validated",
    `Which Cinder backend at ${siteName} is on the array is not known: set cinder_host = host@backend#pool in the array's section of protector.conf. Pools there: ${pools.map((pool) => pool.name).join(", ") || "none"}.`,
  );
}

function accessOf(backend: StorageBackend): ArrayAccess {
  return { url: backend.url, apiToken: backend.apiToken, tls: { ...backend.tls } };
}

function sameOrigin(a: string, b: string): boolean {
  return new URL(a).origin === new URL(b).origin;
}
