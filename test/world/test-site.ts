import { type SeededTenant, seedBasics, seedTenant, type World } from "@protector/simulator";
import { writeJson, writeTime } from "../../packages/server/src/db/codecs.ts";
import type { DatabaseConnection } from "../../packages/server/src/db/connection.ts";
import { migrate } from "../../packages/server/src/db/migrate.ts";
import { type KeyRing, newKeyRing } from "../../packages/server/src/domain/key-ring.ts";
import { SecretStore } from "../../packages/server/src/domain/secrets.ts";
import { mintSiteIdentity } from "../../packages/server/src/domain/site-identity.ts";

/** The two sites of every world, and the third that some have. */
export type SiteName = "site-a" | "site-b" | "site-c";

/** One site of the test world: its cloud, its array, its database, its engines. */
export interface TestSite<Name extends SiteName = SiteName> {
  readonly name: Name;
  readonly id: string;
  readonly connection: DatabaseConnection;
  readonly secrets: SecretStore;
  /** The keys of `secrets`, for another program of the site. */
  readonly keyRing: KeyRing;
  readonly tenant: SeededTenant;
  readonly projectId: string;
}

/** Opens a site without servers: its cloud with a tenant, its migrated database with an identity of its own. */
export async function createSite<Name extends SiteName>(
  world: World,
  name: Name,
  open: (name: Name) => DatabaseConnection,
): Promise<TestSite<Name>> {
  const cloud = world.cloud(name);
  const tenant = seedTenant(cloud, seedBasics(cloud));
  const connection = open(name);
  await migrate(connection);
  const keyRing = newKeyRing(world.random);
  const secrets = new SecretStore(keyRing, world.random);
  const address = { name, authUrl: cloud.authUrl, region: cloud.region, apiUrl: `http://${cloud.options.host}:8788` };
  const id = await mintSiteIdentity({ db: connection.db, secrets, random: world.random }, address, world.clock.now());
  return { name, id, connection, secrets, keyRing, tenant, projectId: tenant.project.id };
}

/** Makes one site known to the other: its row with the administrator's credential, the tenant's projects, a trust. */
export async function register(world: World, at: TestSite, peer: TestSite): Promise<void> {
  const { db } = at.connection;
  const now = world.clock.now();
  const row = await peer.connection.db
    .selectFrom("sites")
    .selectAll()
    .where("is_local", "=", 1)
    .executeTakeFirstOrThrow();
  const password_secret_id = await at.secrets.put(db, { purpose: "site_password", text: "labadmin" }, now);
  await db
    .insertInto("sites")
    .values({
      ...row,
      is_local: 0,
      username: "admin",
      user_domain_name: "Default",
      project_name: "admin",
      project_domain_name: "Default",
      password_secret_id,
      private_keys_secret_id: null,
      reachability: "reachable",
    })
    .execute();
  await db
    .insertInto("tenant_mappings")
    .values({
      id: world.random.uuid(),
      site_id: peer.id,
      local_project_id: at.projectId,
      peer_project_id: peer.projectId,
      created_at: writeTime(now),
    })
    .execute();
  await db
    .insertInto("trusts")
    .values({
      id: world.random.uuid(),
      project_id: at.projectId,
      user_id: at.tenant.user.id,
      trust_id: createTrust(world, at),
      known_before: null,
      roles: writeJson(["member"]),
      state: "made",
      is_usable: 1,
      created_at: writeTime(now),
      needed_at: writeTime(now),
      checked_at: null,
    })
    .execute();
}

function createTrust(world: World, site: TestSite): string {
  const { identity } = world.cloud(site.name);
  const member = identity.roleNamed("member");
  if (!member) throw new Error("the simulated Keystone has no role member");
  const id = world.random.uuid().replaceAll("-", "");
  identity.trusts.set(id, {
    id,
    trustorId: site.tenant.user.id,
    trusteeId: site.tenant.basics.serviceUser.id,
    projectId: site.projectId,
    roleIds: [member.id],
    isImpersonating: true,
    expiresAt: undefined,
  });
  return id;
}
