import type { CloudOptions } from "@protector/openstack";
import type { HttpTransport } from "@protector/ports";
import { seedServer, seedTenant } from "@protector/simulator";
import { expect, test } from "vitest";
import { ProjectListPool } from "../../packages/server/src/engine/world/project-lists.ts";
import { orderRun, protectGroups, viewRun } from "./plan-run.ts";
import { createTwoSites, type TwoSites } from "./two-sites.ts";

/** ms that a list is on its way. */
const CARRIED_MS = 50;

/** A pool at site A that counts the lists of servers that it asks for. */
function poolAt({ world, clock, random }: TwoSites) {
  const counted = { lists: 0 };
  const transport: HttpTransport = async (request) => {
    const answer = await world.transport(request);
    if (!new URL(request.url).pathname.endsWith("/servers/detail")) return answer;
    counted.lists += 1;
    await clock.sleep(CARRIED_MS);
    return answer;
  };
  const admin = (username: string, password: string): CloudOptions => ({
    authUrl: world.cloud("site-a").authUrl,
    credential: {
      kind: "password",
      username,
      password,
      userDomainName: "Default",
      scope: { kind: "project", projectName: username === "admin" ? "admin" : "service", projectDomainName: "Default" },
    },
  });
  return { counted, admin, pool: new ProjectListPool({ transport, clock, random }) };
}

function seedOne(sites: TwoSites, tenant: TwoSites["a"]["tenant"], name: string) {
  const { basics, project, user, web, front } = tenant;
  return seedServer(sites.world.cloud("site-a"), {
    name,
    owner: { project, user },
    flavor: basics.flavors.small,
    disks: [{ name, sizeGiB: 1, type: basics.replicated }],
    nics: [{ on: front, securityGroups: [web] }],
  }).server;
}

test("those who wait for servers of one project share a list; one that was asked for before is given to nobody", async () => {
  const sites = await createTwoSites();
  const { pool, admin, counted } = poolAt(sites);
  const first = pool.take(admin("protector", "labsvc"), sites.a.projectId);
  const second = pool.take(admin("protector", "labsvc"), sites.a.projectId);
  const server = seedOne(sites, sites.a.tenant, "web");
  const found = await sites.clock.run(Promise.all([first.lists.servers.read(), second.lists.servers.read()]));
  expect(found.map((servers) => [...servers.keys()])).toEqual([[server.id], [server.id]]);
  expect(counted.lists).toBe(1);
  const early = first.lists.servers.read();
  await sites.clock.advance(CARRIED_MS);
  expect(counted.lists).toBe(2);
  const other = seedOne(sites, sites.a.tenant, "database");
  const late = second.lists.servers.read();
  const both = await sites.clock.run(Promise.all([early, late]));
  expect(both.map((servers) => servers.has(other.id))).toEqual([false, true]);
  sites.stop();
});

test("a call that is swallowed holds those who come after it no longer than a few seconds", async () => {
  const sites = await createTwoSites();
  const { admin } = poolAt(sites);
  const { clock, random, world } = sites;
  let lists = 0;
  const transport: HttpTransport = (request) => {
    if (!new URL(request.url).pathname.endsWith("/servers/detail")) return world.transport(request);
    lists += 1;
    return lists === 1 ? new Promise(() => {}) : world.transport(request);
  };
  const pool = new ProjectListPool({ transport, clock, random });
  const { lists: shared } = pool.take(admin("protector", "labsvc"), sites.a.projectId);
  void shared.servers.read();
  await clock.advance(1_000);
  expect(lists).toBe(1);
  const askedAt = clock.now();
  await clock.run(shared.servers.read());
  expect(clock.now() - askedAt).toBeLessThan(16_000);
  expect(lists).toBe(2);
  sites.stop();
});

test("neither another project nor another login is given a list, and what nobody uses is dropped", async () => {
  const sites = await createTwoSites();
  const { pool, admin, counted } = poolAt(sites);
  const neighbour = seedTenant(sites.world.cloud("site-a"), sites.a.tenant.basics, "neighbour");
  const ours = seedOne(sites, sites.a.tenant, "ours");
  const theirs = seedOne(sites, neighbour, "theirs");
  const taken = [
    pool.take(admin("protector", "labsvc"), sites.a.projectId),
    pool.take(admin("protector", "labsvc"), neighbour.project.id),
    pool.take(admin("admin", "labadmin"), sites.a.projectId),
  ];
  const found = await sites.clock.run(Promise.all(taken.map(({ lists }) => lists.servers.read())));
  expect(found.map((servers) => [...servers.keys()])).toEqual([[ours.id], [theirs.id], [ours.id]]);
  expect(counted.lists).toBe(3);
  expect(pool.size).toBe(3);
  for (const each of taken) {
    each.giveBack();
    each.giveBack();
  }
  expect(pool.size).toBe(0);
  sites.stop();
});

test("groups of a project that fail over at once list its servers hardly more often than one does", async () => {
  const listsOf = async (groups: number) => {
    const many = await protectGroups(groups);
    const { sites } = many;
    let lists = 0;
    const transport: HttpTransport = (request) => {
      if (new URL(request.url).pathname.endsWith("/servers/detail")) lists += 1;
      return sites.world.transport(request);
    };
    const action = { failover: { mode: "planned" as const } };
    const id = await orderRun(many, { action, planId: null, concurrency: groups });
    await sites.settle(sites.b, id, sites.engine(sites.b, { transport }), 3_600_000);
    expect((await viewRun(many, id)).steps.map(({ status }) => status)).toEqual(Array(groups).fill("completed"));
    sites.stop();
    return lists;
  };
  const [one, six] = [await listsOf(1), await listsOf(6)];
  expect(six).toBeLessThan(one * 2);
});
