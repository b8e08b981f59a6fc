import type { ReplicationType } from "@protector/contract";
import { type Clock, systemRandom } from "@protector/ports";
import {
  type BackendOptions,
  type Cloud,
  createWorld,
  findFreePort,
  findFreePorts,
  type SeededServer,
  type SeededTenant,
  seedBasics,
  seedServer,
  seedTenant,
  seedThreeTier,
  type World,
} from "@protector/simulator";
import { type Certificate, selfSignedCertificate } from "./certificate.ts";

/** A simulated site: cloud, array, and the address of its Protector. */
export interface SandboxSite {
  readonly name: "site-a" | "site-b";
  readonly cloud: Cloud;
  readonly array: { readonly name: string; readonly origin: string; readonly apiToken: string };
  readonly apiPort: number;
}

/** Both simulated sites with a workload on the first. */
export interface SandboxWorld {
  readonly world: World;
  readonly sites: readonly [SandboxSite, SandboxSite];
  readonly certificate: Certificate;
  /** How the workload is replicated. */
  readonly replicationType: ReplicationType;
  /** In start order: db, app, web, and so on. */
  readonly servers: readonly SeededServer[];
  /** Stops listening and all background work. */
  stop(): Promise<void>;
}

/** Times of a small link: what takes 30 s on real arrays would be waited for in vain here. */
const LINK = { transferMs: 1500, appearDelayMs: 1000 };

/** Clouds on 127.0.0.11 and .12, arrays on .21 and .22, each service on a free port. */
export async function startWorld(settings: {
  readonly clock: Clock;
  readonly apiPorts: readonly [number, number];
  readonly servers: number;
  readonly replicationType: ReplicationType;
}): Promise<SandboxWorld> {
  const { clock, apiPorts } = settings;
  const isSync = settings.replicationType === "sync";
  const arrays = [await arrayOf("array-a", "127.0.0.21"), await arrayOf("array-b", "127.0.0.22")] as const;
  const certificate = selfSignedCertificate("protector-sandbox", ["127.0.0.21", "127.0.0.22"], clock.now());
  const cloudOf = async (name: string, host: string, backend: BackendOptions) => ({
    name,
    host,
    ports: await findFreePorts(host),
    backends: [backend] as const,
  });
  const home: BackendOptions = { array: "array-a", ...(isSync ? { sync: { array: "array-b" } } : {}) };
  const world = createWorld({
    clock,
    random: systemRandom,
    arrays,
    link: { ...LINK, isSync },
    clouds: [await cloudOf("site-a", "127.0.0.11", home), await cloudOf("site-b", "127.0.0.12", { array: "array-b" })],
  });
  const sites = [
    { name: "site-a", cloud: world.cloud("site-a"), array: arrays[0], apiPort: apiPorts[0] },
    { name: "site-b", cloud: world.cloud("site-b"), array: arrays[1], apiPort: apiPorts[1] },
  ] as const;
  const [tenant] = sites.map(prepareCloud);
  if (!tenant) throw new Error("the workload has no cloud");
  const servers = seedWorkload(sites[0].cloud, tenant, settings.servers);
  const { replicationType } = settings;
  return { world, sites, certificate, replicationType, servers, stop: await world.listen(certificate) };
}

async function arrayOf(name: string, host: string) {
  return { name, origin: `https://${host}:${await findFreePort(host)}`, apiToken: `${name}-token` };
}

/** What an administrator does before a site gets its Protector: users, projects, the endpoint in the catalog. */
function prepareCloud({ cloud, apiPort }: SandboxSite): SeededTenant {
  const tenant = seedTenant(cloud, seedBasics(cloud));
  cloud.publish("protector", "protector", `http://127.0.0.1:${apiPort}/v1/%(tenant_id)s`);
  return tenant;
}

/** The three tiers, then more servers like web-01. */
function seedWorkload(cloud: Cloud, tenant: SeededTenant, count: number): readonly SeededServer[] {
  const { replicated, sync: type = replicated } = tenant.basics;
  const { db, app, web } = seedThreeTier(cloud, tenant, type);
  const more = Array.from({ length: Math.max(0, count - 3) }, (_, index) => {
    const name = `web-${String(index + 2).padStart(2, "0")}`;
    return seedServer(cloud, {
      name,
      owner: { project: tenant.project, user: tenant.user },
      flavor: tenant.basics.flavors.small,
      disks: [{ name: `${name}-root`, sizeGiB: 8, type }],
      nics: [{ on: tenant.front, address: `10.10.0.${100 + index}`, securityGroups: [tenant.web] }],
      keyName: tenant.keyName,
      metadata: { tier: "web" },
      tags: ["web"],
    });
  });
  return [db, app, web, ...more].slice(0, count);
}
