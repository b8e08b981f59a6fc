import type { CliHost } from "../../packages/cli/src/index.ts";
import {
  type Clock,
  type HttpResponse,
  type HttpTransport,
  HttpTransportError,
  seededRandom,
} from "../../packages/ports/src/index.ts";
import { type TestSites, twoSites } from "../../packages/server/src/api/testing.ts";
import { openSqlite, withGate } from "../../packages/server/src/db/open-sqlite.ts";
import { type CliRun, runLine } from "./command-line.ts";
import { sendToApi } from "./send-to-api.ts";

/** What is known of a request to an API of Protector. */
export interface ApiRequest {
  readonly site: "site-a" | "site-b";
  /** Method and path. */
  readonly call: string;
  /** Counted from 1, over both sites. */
  readonly number: number;
}

/** What becomes of a request: undefined = it is answered. */
export type Fate = "unreachable" | "lost_answer" | "killed_before" | "killed_after" | undefined;

/** The client died: whatever it had in mind is gone. */
export class Killed extends Error {}

/** Two real APIs on SQLite with simulated Keystones, and the command in front of them. */
export interface Harness {
  readonly sites: TestSites;
  readonly requests: ApiRequest[];
  /** What the client has written, by path. */
  readonly files: Map<string, string>;
  /** Decides over each request. */
  fate: (request: ApiRequest) => Fate;
  /** Done whenever the client sleeps: what engines would do meanwhile. */
  meanwhile: () => Promise<void>;
  readonly transport: HttpTransport;
  readonly clock: Clock;
  run(line: string, host?: Partial<CliHost>): Promise<CliRun>;
}

/** @param gate stands before every turn on a database; default none. */
export async function openHarness(gate?: () => Promise<void>): Promise<Harness> {
  const sites = await twoSites(gate && (async (clock) => withGate(openSqlite({ path: ":memory:", clock }), gate)));
  for (const { name } of [sites.a, sites.b]) {
    const cloud = sites.world.cloud(name);
    cloud.publish("protector", "protector", `http://${cloud.options.host}:8788/v1/%(tenant_id)s`);
  }
  let now = sites.clock.now();
  const harness: Harness = {
    sites,
    requests: [],
    files: new Map(),
    fate: () => undefined,
    meanwhile: async () => {},
    transport: (request) => send(harness, request),
    clock: {
      now: () => now,
      sleep: async (ms, signal) => {
        signal?.throwIfAborted();
        now += ms;
        await harness.meanwhile();
      },
    },
    run: (line, host) => run(harness, line, host),
  };
  return harness;
}

async function send(harness: Harness, request: Parameters<HttpTransport>[0]): Promise<HttpResponse> {
  const { a, b, world } = harness.sites;
  const url = new URL(request.url);
  const site = [a, b].find(({ name }) => url.host === `${world.cloud(name).options.host}:8788`);
  if (!site) return world.transport(request);
  const call = `${request.method} ${url.pathname.replaceAll(/[0-9a-f-]{32,36}/g, "*")}`;
  const made = { site: site.name as ApiRequest["site"], call, number: harness.requests.length + 1 };
  harness.requests.push(made);
  const fate = harness.fate(made);
  if (fate === "unreachable")
    throw new HttpTransportError("unreachable", `${request.method} ${url.origin}: ECONNREFUSED`);
  if (fate === "killed_before") throw new Killed();
  const answer = await sendToApi(site.app, request);
  if (fate === "killed_after") throw new Killed();
  if (fate === "lost_answer")
    throw new HttpTransportError("interrupted", `${request.method} ${url.origin}: ECONNRESET`);
  return answer;
}

const CLOUDS = (sites: TestSites) => `
clouds:
  site-a: &a
    region_name: RegionOne
    auth:
      auth_url: ${sites.world.cloud("site-a").authUrl}
      username: demo
      password: secret
      project_name: demo
      user_domain_name: Default
      project_domain_name: Default
  site-b:
    region_name: RegionOne
    auth:
      auth_url: ${sites.world.cloud("site-b").authUrl}
      username: demo
      password: secret
      project_name: demo
      user_domain_name: Default
      project_domain_name: Default
  admin-a:
    region_name: RegionOne
    auth: {auth_url: "${sites.world.cloud("site-a").authUrl}", username: admin, password: labadmin, project_name: admin, user_domain_name: Default, project_domain_name: Default}
  admin-b:
    region_name: RegionOne
    auth: {auth_url: "${sites.world.cloud("site-b").authUrl}", username: admin, password: labadmin, project_name: admin, user_domain_name: Default, project_domain_name: Default}
`;

let runs = 99;

function run({ transport, clock, files, sites }: Harness, line: string, host?: Partial<CliHost>): Promise<CliRun> {
  return runLine(line, { transport, clock, random: seededRandom(++runs), clouds: CLOUDS(sites), files }, host);
}
