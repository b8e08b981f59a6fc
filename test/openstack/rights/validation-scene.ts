import type { CheckResult } from "@protector/contract";
import type { Credential } from "@protector/openstack";
import { flashArrayDriver } from "@protector/storage";
import { writeJson, writeTime } from "../../../packages/server/src/db/codecs.ts";
import type { DatabaseConnection } from "../../../packages/server/src/db/connection.ts";
import { migrate } from "../../../packages/server/src/db/migrate.ts";
import { openSqlite } from "../../../packages/server/src/db/open-sqlite.ts";
import type { SitesTable } from "../../../packages/server/src/db/schema.ts";
import { newKeyRing } from "../../../packages/server/src/domain/key-ring.ts";
import { SecretStore } from "../../../packages/server/src/domain/secrets.ts";
import { mintSiteIdentity } from "../../../packages/server/src/domain/site-identity.ts";
import type { EnginePorts, StorageBackend } from "../../../packages/server/src/engine/engine-ports.ts";
import { checkArrays } from "../../../packages/server/src/engine/watch/array-checks.ts";
import { checkCloud } from "../../../packages/server/src/engine/watch/site-checks.ts";
import type { CloudTarget } from "../recordings/cloud-target.ts";
import { PREFIX, passwordOf } from "../recordings/people.ts";
import type { Stage } from "../recordings/stage.ts";

/** A site of Protector over a cloud, with a database of its own in memory. */
export interface ValidationScene {
  /** `site validate` of this site, the service user logging in by `credential`. */
  validate(credential?: Credential): Promise<readonly CheckResult[]>;
  /** `site validate` of the same cloud as if it were the other site's, registered with this password. */
  validatePeer(password: string): Promise<readonly CheckResult[]>;
}

const SERVICE = passwordOf("service", `${PREFIX}-services`);

/** Makes the site's database, with the trust of the stage. */
export async function openValidation(
  target: CloudTarget,
  stage: Stage,
  backend: StorageBackend,
): Promise<ValidationScene> {
  const { clock, random, authUrl, transport } = target;
  const connection = openSqlite({ path: ":memory:", clock });
  await migrate(connection);
  const secrets = new SecretStore(newKeyRing(random), random);
  const region = target.region ?? "RegionOne";
  const address = { name: "here", authUrl, region, apiUrl: "http://127.0.0.1:8788" };
  await mintSiteIdentity({ db: connection.db, secrets, random }, address, clock.now());
  await addTrust(connection, target, stage);
  const local = await connection.db.selectFrom("sites").selectAll().executeTakeFirstOrThrow();
  const ports = (credential: Credential): EnginePorts => ({
    connection,
    transport,
    clock,
    random,
    secrets,
    events: () => {},
    tcpProbe: async () => false,
    storageDriver: (through) => flashArrayDriver({ transport: through, clock, random }),
    settings: {
      host: "validation",
      ownCloud: { authUrl, region, credential, ...(target.tls ? { tls: target.tls } : {}) },
      backends: [backend],
      groupTypeName: `${PREFIX}-consistent`,
      leaseMs: 30_000,
      sweepMs: 10_000,
      operationsAtOnce: 1,
      callsPerService: 8,
      callsPerArray: 8,
      markerMs: 60_000,
      peerMs: 30_000,
      readinessMs: 600_000,
      readinessHistoryDays: 30,
      drillOverdueDays: 180,
      recoveryPointMs: 30_000,
      callTimeoutMs: 180_000,
      planWaitMs: 600_000,
      policyArrayTls: {},
      hooks: { networks: [], tls: {} },
    },
  });
  return {
    validate: async (credential = SERVICE) => {
      const own = ports(credential);
      const { checks, session } = await checkCloud(own, local);
      return [...checks, ...(await checkArrays(own, local, session))];
    },
    validatePeer: async (password) => {
      const text = { purpose: "site_password", text: password } as const;
      const secretId = await secrets.put(connection.db, text, clock.now());
      const peer: SitesTable = {
        ...local,
        name: "there",
        is_local: 0,
        username: `${PREFIX}-peer`,
        user_domain_name: "Default",
        project_name: `${PREFIX}-services`,
        project_domain_name: "Default",
        password_secret_id: secretId,
      };
      return (await checkCloud(ports(SERVICE), peer)).checks;
    },
  };
}

async function addTrust(connection: DatabaseConnection, { clock, random }: CloudTarget, stage: Stage): Promise<void> {
  const { projectId: project_id, memberId: user_id, trustId: trust_id } = stage;
  const roles = writeJson(["member"]);
  const now = writeTime(clock.now());
  const times = { created_at: now, needed_at: now, checked_at: null };
  const state = { state: "made", known_before: null, is_usable: 1 } as const;
  const row = { id: random.uuid(), project_id, user_id, trust_id, roles, ...state, ...times };
  await connection.db.insertInto("trusts").values(row).execute();
}
