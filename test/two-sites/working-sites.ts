import type { CliHost } from "../../packages/cli/src/index.ts";
import { type HttpTransport, HttpTransportError, seededRandom } from "../../packages/ports/src/index.ts";
import { loadConfig } from "../../packages/server/src/config/index.ts";
import { openSqlite } from "../../packages/server/src/db/open-sqlite.ts";
import { Engine } from "../../packages/server/src/engine/engine.ts";
import { Watches } from "../../packages/server/src/engine/watch/watches.ts";
import { assembleApi } from "../../packages/server/src/main/assemble-api.ts";
import { seedThreeTier } from "../../packages/simulator/src/index.ts";
import { Lifeline } from "../world/killable.ts";
import { type EngineOptions, enginePorts } from "../world/site-engine.ts";
import { createSite, type SiteName, type TestSite } from "../world/test-site.ts";
import { createTwoSites, type TwoSites } from "../world/two-sites.ts";
import { type CliRun, runLine } from "./command-line.ts";
import { PatientClock } from "./patient-clock.ts";
import { sendToApi } from "./send-to-api.ts";

/** Two sites as people have them: simulated clouds and arrays, real APIs, real engines with their watches. */
export interface WorkingSites {
  readonly sites: TwoSites;
  /** The two sites, and the third once it is open. */
  readonly all: readonly TestSite[];
  /** @throws Error when there is no site of that name. */
  site(name: SiteName): TestSite;
  readonly clock: PatientClock;
  /** Text of a file of who types the commands, `clouds.yaml` included. */
  readFile(path: string): string | undefined;
  /** Files of who types the commands, by path. */
  readonly files: Map<string, string>;
  /** What both APIs have logged. */
  readonly logged: readonly unknown[];
  /** Runs a command line to its end, as a member of the project at site A; time passes meanwhile. */
  run(line: string, host?: Partial<CliHost>): Promise<CliRun>;
  /** As {@link run}; answers what `-f json` prints. @throws Error when the exit code is not 0. */
  read<T>(line: string, host?: Partial<CliHost>): Promise<T>;
  /** Runs command lines one after the other. @throws Error when the exit code of one is not 0. */
  must(...lines: readonly string[]): Promise<void>;
  /** Cloud, array and Protector of a site answer nobody any more, its servers stop. */
  destroy(site: TestSite): void;
  /** They answer again, and hypervisors have started the guests that ran. */
  restore(site: TestSite): void;
  /** Opens the third site, `site-c` in `clouds.yaml`, which nobody knows yet. */
  openSpareSite(): Promise<TestSite>;
  /** Kills a site's engine; another host of the site goes on. */
  replaceEngine(site: TestSite): void;
  /** Lets time pass until `isSo`. @throws Error after a quarter of an hour. */
  until(what: string, isSo: () => Promise<boolean>): Promise<void>;
  stop(): Promise<void>;
}

interface RunningEngine {
  readonly engine: Engine;
  readonly watches: Watches;
  readonly lifeline: Lifeline;
}

/** What every engine is like, and whether the servers' volumes are in a pod of both arrays. */
export interface WorkingSettings extends EngineOptions {
  readonly isSync?: boolean;
  /** Web services beside the clouds, by host. */
  readonly webServices?: Readonly<Record<string, HttpTransport>>;
}

/** Opens the sites with db-01, app-01 and web-01 at site A. */
export async function openWorkingSites(settings: WorkingSettings = {}): Promise<WorkingSites> {
  const { isSync = false, webServices = {}, ...options } = settings;
  const clock = new PatientClock(Date.UTC(2026, 0, 5, 8, 0, 0));
  const { hasSpareSite = false } = options;
  const sites = await createTwoSites(1, { clock, hasSpareSite, ...(isSync ? { sync: {} } : {}) });
  const { world } = sites;
  const all: TestSite[] = [sites.a, sites.b];
  const { replicated, sync } = sites.a.tenant.basics;
  seedThreeTier(world.cloud("site-a"), sites.a.tenant, isSync ? sync : replicated);
  /** Sites that are gone, with what brings them back. */
  const destroyed = new Map<string, readonly (() => void)[]>();
  const apis = new Map<string, Awaited<ReturnType<typeof startApi>>>();
  const transport: HttpTransport = async (request) => {
    const url = new URL(request.url);
    const api = apis.get(url.host);
    if (!api) return (webServices[url.host] ?? world.transport)(request);
    if (destroyed.has(api.site.name))
      throw new HttpTransportError("unreachable", `${request.method} ${url.origin}: ECONNREFUSED`);
    return clock.hold(async () => {
      const answer = await sendToApi(api.app, request);
      return { ...answer, headers: { ...answer.headers, date: new Date(clock.now()).toUTCString() } };
    });
  };
  const engines = new Map<string, RunningEngine>();
  let hosts = 0;
  const startEngine = (site: TestSite): void => {
    const lifeline = new Lifeline();
    hosts += 1;
    const host = `${site.name}-engine-${hosts}`;
    const ports = enginePorts(world, site, sites.events, {
      clock,
      transport,
      host,
      gate: lifeline.gate,
      ...options,
    });
    const engine = new Engine(ports);
    const watches = new Watches(ports, { messaging: () => "none" });
    engines.set(site.name, { engine, watches, lifeline });
    watches.start();
    engine.start();
  };
  const logged: unknown[] = [];
  const publishApi = async (site: TestSite): Promise<void> => {
    const api = await startApi(sites, site, {
      announce: (id) => void engines.get(site.name)?.engine.look(id),
      log: (...line) => logged.push(line),
    });
    apis.set(`${world.cloud(site.name).options.host}:8788`, api);
  };
  for (const site of [sites.a, sites.b]) await publishApi(site);
  for (const site of [sites.a, sites.b]) startEngine(site);
  const clouds = cloudsFile(sites);
  const files = new Map<string, string>();
  let runs = 99;
  const run = (line: string, host?: Partial<CliHost>): Promise<CliRun> => {
    const random = seededRandom(++runs);
    return clock.run(runLine(line, { transport, clock, random, clouds, files }, host));
  };
  const succeed = async (line: string, host?: Partial<CliHost>): Promise<string> => {
    const { code, stdout, stderr } = await run(line, host);
    if (code !== 0) throw new Error(`${line} ends with exit code ${code}: ${stderr}`);
    return stdout;
  };
  return {
    sites,
    all,
    site: (name) => {
      const found = all.find((site) => site.name === name);
      if (!found) throw new Error(`there is no ${name}`);
      return found;
    },
    clock,
    readFile: (path) => (path === "./clouds.yaml" ? clouds : files.get(path)),
    files,
    logged,
    run,
    read: async (line, host) => JSON.parse(await succeed(`${line} -f json`, host)),
    must: async (...lines) => {
      for (const line of lines) await succeed(line);
    },
    destroy: ({ name }) => {
      const array = name.replace("site", "array");
      const ends = [`${name}/`, array].map((service) =>
        world.conditions.inject({ service, fault: { kind: "unreachable" } }),
      );
      destroyed.set(name, ends);
      world.cloud(name).powerOff();
    },
    restore: ({ name }) => {
      for (const end of destroyed.get(name) ?? []) end();
      destroyed.delete(name);
      world.cloud(name).powerOn({ resumeGuests: true });
    },
    openSpareSite: async () => {
      const site = await clock.run(createSite(world, "site-c", () => openSqlite({ path: ":memory:", clock })));
      await clock.run(publishApi(site));
      startEngine(site);
      all.push(site);
      return site;
    },
    replaceEngine: (site) => {
      engines.get(site.name)?.lifeline.kill();
      startEngine(site);
    },
    until: async (what, isSo) => {
      for (let waited = 0; !(await isSo()); waited += 100) {
        if (waited > 900_000) throw new Error(`a quarter of an hour has passed, but not: ${what}`);
        await clock.advance(100);
      }
    },
    stop: async () => {
      const ends = [...engines.values()].flatMap(({ engine, watches }) => [engine.stop(), watches.stop()]);
      await clock.run(Promise.all(ends));
      for (const api of apis.values()) await api.close();
      sites.stop();
    },
  };
}

interface ApiEars {
  readonly announce: (operationId: string) => void;
  readonly log: (...line: unknown[]) => void;
}

async function startApi({ world, clock, random }: TwoSites, site: TestSite, { announce, log }: ApiEars) {
  const cloud = world.cloud(site.name);
  cloud.publish("protector", "protector", `http://${cloud.options.host}:8788/v1/%(tenant_id)s`);
  const { config } = loadConfig({ files: ["protector.conf"], env: {}, read: () => configText(cloud) });
  const api = await assembleApi({
    config,
    database: site.connection,
    keyRing: site.keyRing,
    bus: {
      state: () => "connected",
      publish: async (id) => {
        announce(id);
        return "announced";
      },
    },
    transport: world.transport,
    clock,
    random,
    log: { info: log, error: log },
  });
  return { ...api, site };
}

function configText({ authUrl, region }: { readonly authUrl: string; readonly region: string }): string {
  return `[keystone_authtoken]
auth_url = ${authUrl}
www_authenticate_uri = ${authUrl}
username = protector
password = labsvc
region_name = ${region}
[database]
connection = sqlite://
[oslo_policy]
policy_file = /nonexistent/policy.yaml
[storage]
enabled_backends = array-a, array-b, array-c
[array-a]
fa_url = https://127.0.0.21
fa_api_token = token-array-a
[array-b]
fa_url = https://127.0.0.22
fa_api_token = token-array-b
[array-c]
fa_url = https://127.0.0.23
fa_api_token = token-array-c
`;
}

/** `site-a`, `site-b`, … are a member of the project, `admin-a`, `admin-b`, … administrators. */
function cloudsFile({ world }: TwoSites): string {
  const entry = (name: string, { region, authUrl }: { region: string; authUrl: string }, user: string) => `
  ${name}:
    region_name: ${region}
    auth: {auth_url: "${authUrl}", username: ${user}, password: lab${user}, project_name: ${user}, user_domain_name: Default, project_domain_name: Default}`;
  const entries = world.clouds.flatMap((cloud) => [
    entry(cloud.options.name, cloud, "demo"),
    entry(cloud.options.name.replace("site", "admin"), cloud, "admin"),
  ]);
  return `clouds:${entries.join("")}\n`;
}
