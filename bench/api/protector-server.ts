import { type Random, systemClock, systemRandom } from "@protector/ports";
import { type Cloud, createWorld, seedBasics, seedProject, seedUser, type World } from "@protector/simulator";
import { pino } from "pino";
import { loadConfig, parseDatabaseUrl } from "../../packages/server/src/config/index.ts";
import { type DatabaseConnection, migrate, openDatabase } from "../../packages/server/src/db/index.ts";
import { listProtectionGroups } from "../../packages/server/src/db/repositories/protection-groups.ts";
import { newKeyRing } from "../../packages/server/src/domain/key-ring.ts";
import { SecretStore } from "../../packages/server/src/domain/secrets.ts";
import { mintSiteIdentity } from "../../packages/server/src/domain/site-identity.ts";
import { assembleApi } from "../../packages/server/src/main/assemble-api.ts";
import { sqlOf } from "./captured-query.ts";
import { seedGroups } from "./seed-groups.ts";

/**
 * A process with one worker of `protector-api`: its own code from the socket to the database, its log written (to nowhere),
 * its tokens checked by a simulated Keystone and then cached, as in life. Sends its parent where it listens.
 */
const [dsnText = "", count = "10000"] = process.argv.slice(2);
const parsed = parseDatabaseUrl(dsnText);
if (!("dsn" in parsed)) throw new Error(parsed.fault);
const random = systemRandom;
const world = createWorld({
  clock: systemClock,
  random,
  arrays: [{ name: "array-a", origin: "https://127.0.0.21", apiToken: "token-array-a" }],
  clouds: [{ name: "site-a", host: "127.0.0.11", backends: [{ array: "array-a" }] }],
});
const cloud = world.cloud("site-a");
seedBasics(cloud);
const project = seedProject(cloud, "demo");
seedUser(cloud, { name: "demo", password: "secret", project, roles: ["member"] });
const database = openDatabase(parsed.dsn);
await migrate(database);
const keyRing = newKeyRing(random);
const siteId = await mintSite(database, new SecretStore(keyRing, random), random);
const peerSiteId = await insertPeer(database, siteId, random);
await seedGroups(database, random, { projectId: project.id, siteId, peerSiteId }, Number(count));
const { config } = loadConfig({ files: ["protector.conf"], env: {}, read: () => configText(cloud) });
const { app } = await assembleApi({
  config,
  database,
  keyRing,
  bus: { state: () => "connected", publish: async () => "announced" },
  transport: world.transport,
  clock: systemClock,
  random,
  log: pino(pino.destination("/dev/null")),
});
const address = await app.listen({ host: "127.0.0.1", port: 0 });
process.send?.({
  url: `${address}/v1/${project.id}/protection-groups?limit=100`,
  token: await logIn(world, cloud.authUrl),
  query: await sqlOf(database, (db) => listProtectionGroups(db, { projectId: project.id }, { limit: 101 })),
});

function mintSite(connection: DatabaseConnection, secrets: SecretStore, from: Random): Promise<string> {
  const site = { name: "site-a", authUrl: cloud.authUrl, region: cloud.region, apiUrl: "http://127.0.0.11:8788" };
  return mintSiteIdentity({ db: connection.db, secrets, random: from }, site, systemClock.now());
}

/** A second site, as registration leaves it. */
async function insertPeer({ db }: DatabaseConnection, localId: string, from: Random): Promise<string> {
  const own = await db.selectFrom("sites").selectAll().where("id", "=", localId).executeTakeFirstOrThrow();
  const id = from.uuid();
  await db
    .insertInto("sites")
    .values({ ...own, id, name: "site-b", is_local: 0, private_keys_secret_id: null, reachability: "reachable" })
    .execute();
  return id;
}

function configText({ authUrl }: Cloud): string {
  return `[keystone_authtoken]
auth_url = ${authUrl}
www_authenticate_uri = ${authUrl}
username = protector
password = labsvc
region_name = RegionOne
[database]
connection = ${dsnText}
[oslo_policy]
policy_file = /nonexistent/policy.yaml
`;
}

async function logIn({ transport }: World, authUrl: string): Promise<string> {
  const domain = { name: "Default" };
  const auth = {
    identity: { methods: ["password"], password: { user: { name: "demo", domain, password: "secret" } } },
    scope: { project: { name: "demo", domain } },
  };
  const answer = await transport({
    method: "POST",
    url: `${authUrl}/auth/tokens`,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ auth }),
    timeoutMs: 1000,
  });
  return answer.headers["x-subject-token"] ?? "";
}
