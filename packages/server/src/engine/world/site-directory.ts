import { ProtectorError } from "@protector/contract";
import type { CloudOptions } from "@protector/openstack";
import type { DatabaseConnection } from "../../db/connection.ts";
import { findLocalSite } from "../../db/repositories/sites.ts";
import type { SitesTable } from "../../db/schema.ts";
import type { SecretStore } from "../../domain/secrets.ts";

/** The registered sites and how this one reaches them. */
export interface SiteDirectory {
  readonly connection: DatabaseConnection;
  readonly secrets: SecretStore;
  /** This site's own service user. */
  readonly ownCloud: CloudOptions;
  /** One call's time limit in ms. */
  readonly callTimeoutMs: number;
}

/** This site's own row. @throws Error before `protector-manage db sync` has made it. */
export async function localSite(connection: DatabaseConnection): Promise<SitesTable> {
  const row = await findLocalSite(connection.db);
  if (!row) throw new Error("this database has no site of its own yet: run protector-manage db sync");
  return row;
}

/** @throws ProtectorError `site.not_found` */
export async function siteById(connection: DatabaseConnection, id: string): Promise<SitesTable> {
  const row = await connection.db.selectFrom("sites").selectAll().where("id", "=", id).executeTakeFirst();
  if (!row) throw new ProtectorError("site.not_found", `Site ${id} is not registered here.`);
  return row;
}

/**
 * How a site's cloud is reached as administrator: the service user at this site, the registered credential at others.
 * @throws ProtectorError `site.not_validated` when a peer has no credential.
 */
export async function administratorOf(directory: SiteDirectory, site: SitesTable): Promise<CloudOptions> {
  if (site.is_local === 1) return { ...directory.ownCloud, name: site.name, timeoutMs: directory.callTimeoutMs };
  if (!site.username || !site.password_secret_id) {
    throw new ProtectorError("site.not_validated", `Site ${site.name} is registered without user name and password.`);
  }
  const password = await directory.secrets.read(directory.connection.db, site.password_secret_id, "site_password");
  return {
    name: site.name,
    authUrl: site.auth_url,
    ...(site.region ? { region: site.region } : {}),
    interface: site.interface,
    ...(site.ca_certificate ? { tls: { ca: site.ca_certificate } } : {}),
    timeoutMs: directory.callTimeoutMs,
    credential: {
      kind: "password",
      username: site.username,
      password,
      userDomainName: site.user_domain_name ?? "Default",
      scope: {
        kind: "project",
        projectName: site.project_name ?? "admin",
        projectDomainName: site.project_domain_name ?? "Default",
      },
    },
  };
}

/**
 * The tenant's project at a site.
 * @throws ProtectorError `tenant_mapping.missing`
 */
export async function projectAt(
  connection: DatabaseConnection,
  localProjectId: string,
  site: SitesTable,
): Promise<string> {
  if (site.is_local === 1) return localProjectId;
  const row = await connection.db
    .selectFrom("tenant_mappings")
    .select("peer_project_id")
    .where("site_id", "=", site.id)
    .where("local_project_id", "=", localProjectId)
    .executeTakeFirst();
  if (!row)
    throw new ProtectorError(
      "tenant_mapping.missing",
      `Project ${localProjectId} is not mapped to a project of ${site.name}.`,
    );
  return row.peer_project_id;
}
