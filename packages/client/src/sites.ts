import type { CreateSite, Site, TenantMapping } from "@protector/contract";
import { ApiError } from "./api-error.ts";
import type { SiteClient } from "./site-client.ts";
import { identityOf } from "./site-view.ts";

/** How a site is reached, for its registration at both. */
export interface SiteRegistration {
  /** Client with an administrator's token there. */
  readonly client: SiteClient;
  /** Name that both sites call it by; default: a registered site keeps its name, a new one gets the client's. */
  readonly name?: string;
  readonly description?: string;
  readonly authUrl: string;
  readonly region?: string;
  readonly interface?: "public" | "internal" | "admin";
  /** Default: from the catalog. */
  readonly apiUrl?: string;
  /** Account that the other site's engine uses here. */
  readonly credential: {
    readonly username: string;
    readonly password: string;
    readonly userDomainName: string;
    readonly projectName: string;
    readonly projectDomainName: string;
  };
  /** PEM. */
  readonly caCertificate?: string;
}

/**
 * Registers two sites at each other: at each a row for itself (how it is reached) and one for the other, with the
 * credential that its engine uses there. A site that is registered already is brought to what is given.
 * @returns the rows as the first site holds them: its own, the other's.
 */
export async function registerSites(a: SiteRegistration, b: SiteRegistration): Promise<readonly [Site, Site]> {
  const [rowA, rowB] = await Promise.all([rowOf(a), rowOf(b)]);
  const [nameA, nameB] = [a.name, b.name];
  const own = await register(a.client, rowA, nameA);
  const other = await register(a.client, { ...rowB, ...credentialOf(b) }, nameB);
  await register(b.client, rowB, nameB);
  await register(b.client, { ...rowA, ...credentialOf(a) }, nameA);
  return [own, other];
}

async function rowOf(site: SiteRegistration): Promise<CreateSite> {
  const identity = await identityOf(site.client);
  const region = site.region ?? identity.region ?? undefined;
  return {
    id: identity.id,
    name: site.name ?? site.client.name,
    auth_url: site.authUrl,
    api_url: site.apiUrl ?? (await site.client.rootUrl()),
    signing_public_key: identity.signing_public_key,
    sealing_public_key: identity.sealing_public_key,
    ...(site.description === undefined ? {} : { description: site.description }),
    ...(region === undefined ? {} : { region }),
    ...(site.interface === undefined ? {} : { interface: site.interface }),
    ...(site.caCertificate === undefined ? {} : { ca_certificate: site.caCertificate }),
  };
}

function credentialOf({ credential }: SiteRegistration) {
  return {
    username: credential.username,
    password: credential.password,
    user_domain_name: credential.userDomainName,
    project_name: credential.projectName,
    project_domain_name: credential.projectDomainName,
  };
}

/** A row that is there keeps its name unless a new one is given; pinned keys are never replaced. */
async function register(at: SiteClient, row: CreateSite, newName: string | undefined): Promise<Site> {
  const [known] = await at.all("sites.index", { query: { id: row.id } });
  if (known?.signing_public_key !== row.signing_public_key)
    return (await at.call("sites.create", { body: { site: row } })).site;
  const { id, name: _name, signing_public_key: _signing, sealing_public_key: _sealing, ...settable } = row;
  const site = newName === undefined ? settable : { ...settable, name: newName };
  return (await at.call("sites.update", { path: { id }, body: { site } })).site;
}

/** Maps a project of site `a` to one of site `b`, at both. A mapping that is there already is left alone. */
export async function mapTenants(
  a: { readonly client: SiteClient; readonly projectId: string },
  b: { readonly client: SiteClient; readonly projectId: string },
): Promise<readonly [TenantMapping, TenantMapping]> {
  const [siteA, siteB] = await Promise.all([identityOf(a.client), identityOf(b.client)]);
  return [
    await mapAt(a.client, { site_id: siteB.id, local_project_id: a.projectId, peer_project_id: b.projectId }),
    await mapAt(b.client, { site_id: siteA.id, local_project_id: b.projectId, peer_project_id: a.projectId }),
  ];
}

async function mapAt(
  at: SiteClient,
  mapping: { readonly site_id: string; readonly local_project_id: string; readonly peer_project_id: string },
): Promise<TenantMapping> {
  try {
    return (await at.call("tenant_mappings.create", { body: { tenant_mapping: mapping } })).tenant_mapping;
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== "tenant_mapping.exists") throw error;
    const same = await at.all("tenant_mappings.index", { query: { ...mapping } });
    if (!same[0]) throw error;
    return same[0];
  }
}

/** Deletes a mapping of two projects at both sites. One that is gone already counts as deleted. */
export async function unmapTenants(
  a: { readonly client: SiteClient; readonly projectId: string },
  b: { readonly client: SiteClient; readonly projectId: string },
): Promise<number> {
  let deleted = 0;
  for (const [at, local, peer] of [
    [a.client, a.projectId, b.projectId],
    [b.client, b.projectId, a.projectId],
  ] as const) {
    const query = { local_project_id: local, peer_project_id: peer };
    for (const { id } of await at.all("tenant_mappings.index", { query })) {
      await at.call("tenant_mappings.delete", { path: { id } });
      deleted++;
    }
  }
  return deleted;
}
