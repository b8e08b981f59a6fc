import { seededRandom, systemClock, UndiciTransport, VirtualClock } from "@protector/ports";
import { expect, test } from "vitest";
import { findFreePort, findFreePorts } from "./free-ports.ts";
import { seedFlavor, seedNetwork, seedServer } from "./openstack/cloud-seed.ts";
import { testWorld } from "./openstack/testing.ts";
import { seedBasics, seedTenant } from "./openstack/three-tier.ts";
import { parseStandaloneConfig } from "./standalone-config.ts";
import { createWorld } from "./world.ts";

test("two worlds from the same seed are equal in every detail", async () => {
  const [first, second] = [await testWorld(), await testWorld()];
  expect(second.world.describe()).toEqual(first.world.describe());
  second.a.threeTier.web.server.tags.push("changed");
  expect(second.world.describe()).not.toEqual(first.world.describe());
});

test("the description shows servers, disks, ports and connections by name", async () => {
  const { world } = await testWorld();
  const [siteA, siteB] = world.describe().clouds;
  expect(siteA?.servers.map(({ name }) => name)).toEqual(["app-01", "db-01", "web-01"]);
  expect(siteA?.volumes).toHaveLength(5);
  expect(siteA?.volumes.every(({ isConnected }) => isConnected)).toBe(true);
  expect(siteA?.ports.map(({ addresses }) => addresses)).toContainEqual(["10.20.0.31"]);
  expect(siteB?.name).toBe("site-b");
});

test("a world serves real HTTP on free ports and stops", async () => {
  const host = "127.0.0.31";
  const world = createWorld({
    clock: systemClock,
    random: seededRandom(7),
    arrays: [{ name: "array-a", origin: `http://127.0.0.32:${await findFreePort("127.0.0.32")}`, apiToken: "t" }],
    clouds: [{ name: "site-a", host, ports: await findFreePorts(host), backends: [{ array: "array-a" }] }],
  });
  seedTenant(world.cloud("site-a"), seedBasics(world.cloud("site-a")));
  const stop = await world.listen();
  const transport = new UndiciTransport();
  const user = { name: "demo", password: "labdemo", domain: { name: "Default" } };
  const auth = { identity: { methods: ["password"], password: { user } } };
  const request = {
    method: "POST",
    url: `${world.cloud("site-a").authUrl}/auth/tokens`,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ auth }),
    timeoutMs: 5000,
  };
  const answer = await transport.send(request);
  expect(answer.status).toBe(201);
  expect(answer.headers["x-subject-token"]).toMatch(/^gAAAAAB/);
  await stop();
  await expect(transport.send(request)).rejects.toThrow();
  await transport.close();
});

test("a cloud holds thousands of servers, each with an address of its own", async () => {
  const clock = new VirtualClock(0);
  const world = createWorld({
    clock,
    random: seededRandom(5),
    arrays: [{ name: "array-a", origin: "https://127.0.0.21", apiToken: "t" }],
    clouds: [{ name: "site-a", host: "127.0.0.11", backends: [{ array: "array-a" }] }],
  });
  const cloud = world.cloud("site-a");
  const tenant = seedTenant(cloud, seedBasics(cloud));
  const wide = seedNetwork(cloud, { name: "wide", project: tenant.project, cidr: "10.64.0.0/16" });
  const flavor = seedFlavor(cloud, { name: "tiny", vcpus: 1, ramMiB: 512 });
  for (let index = 0; index < 1500; index += 1) {
    seedServer(cloud, {
      name: `server-${index}`,
      owner: tenant,
      flavor,
      disks: [{ name: `root-${index}`, sizeGiB: 1, type: tenant.basics.replicated }],
      nics: [{ on: wide }],
    });
  }
  const addresses = [...cloud.networks.ports.values()].map((port) => port.fixedIps[0]?.address);
  expect(new Set(addresses).size).toBe(1500);
  expect(world.problems).toEqual([]);
});

test("a configuration with an unknown option or a missing field is refused by name", () => {
  expect(parseStandaloneConfig("{}").clouds.map(({ name }) => name)).toEqual(["site-a", "site-b"]);
  expect(() => parseStandaloneConfig('{"cloud": []}')).toThrow("unknown option cloud");
  expect(() => parseStandaloneConfig('{"clouds": [{"name": "x"}]}')).toThrow("clouds[0] has no host");
  expect(() => parseStandaloneConfig("[]")).toThrow("not a JSON object");
});
