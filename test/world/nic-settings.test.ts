import type { NicSettings } from "@protector/contract";
import { connectCloud } from "@protector/openstack";
import { seedNetwork } from "@protector/simulator";
import { afterEach, expect, test } from "vitest";
import { readOptionalJson, writeJson } from "../../packages/server/src/db/codecs.ts";
import { followWrites, goAway, lostAtHome, orderFailback, protectBack } from "./failback-run.ts";
import { orderFailover, type WritingGroup, writingGroup } from "./failover-run.ts";
import { operationRow, orderTest, settleTest } from "./test-run.ts";

let writing: WritingGroup;
afterEach(() => writing.sites.stop());

const LONGEST_MS = 3_600_000;

/** The one interface of db-01 at home. */
function homePort() {
  const port = writing.group.servers[0]?.ports[0];
  if (!port) throw new Error("db-01 has no port");
  return { mac: port.macAddress, address: port.fixedIps[0]?.address, networkId: port.networkId };
}

function adminOf(name: "site-a" | "site-b") {
  const { world, clock, random } = writing.sites;
  const credential = {
    kind: "password",
    username: "admin",
    password: "labadmin",
    userDomainName: "Default",
    scope: { kind: "project", projectName: "admin", projectDomainName: "Default" },
  } as const;
  return connectCloud(
    { authUrl: world.cloud(name).authUrl, credential },
    { transport: world.transport, clock, random },
  );
}

/** A network at site B that no mapping names. */
function drNetwork(name = "dr") {
  const { world, b } = writing.sites;
  return seedNetwork(world.cloud("site-b"), { name, project: b.tenant.project, cidr: "10.99.0.0/24" });
}

async function setNic(...nics: Omit<NicSettings, "mac_address">[]): Promise<void> {
  const { sites, group } = writing;
  const own = nics.map((settings) => ({ mac_address: homePort().mac, ...settings }));
  for (const site of [sites.a, sites.b])
    await site.connection.db
      .updateTable("pg_members")
      .set({ nics: writeJson(own) })
      .where("id", "=", group.memberIds[0] ?? "")
      .execute();
}

function portsAt(name: "site-a" | "site-b") {
  const cloud = writing.sites.world.cloud(name);
  return [...cloud.networks.ports.values()].filter((port) => cloud.compute.servers.has(port.deviceId));
}

async function comeHome() {
  const { sites } = writing;
  const id = await orderFailback(writing);
  expect(await sites.settle(sites.a, id, sites.engine(sites.a), LONGEST_MS)).toBe("completed");
  const row = await sites.a.connection.db
    .selectFrom("dr_operations")
    .select("plan")
    .where("id", "=", id)
    .executeTakeFirstOrThrow();
  return readOptionalJson(row.plan)?.warnings.map(({ reason }) => reason) ?? [];
}

/** Another network and address, a new MAC, no port security, at site B alone. */
function elsewhere(subnetId: string, networkId: string): Omit<NicSettings, "mac_address"> {
  return {
    is_test: false,
    network_id: networkId,
    fixed_ips: [{ subnet_id: subnetId, address: "10.99.0.50" }],
    mac: "new",
    port_security: false,
  };
}

test("an interface with settings of its own is as they say, the plan tells it, and it comes home as it was", async () => {
  writing = await writingGroup(1);
  const { network, subnet } = drNetwork();
  const { sites } = writing;
  const floating = await sites.clock.run(
    adminOf("site-b").network.createFloatingIp({
      networkId: sites.b.tenant.basics.external.network.id,
      projectId: sites.b.projectId,
      description: "the shop's address",
    }),
  );
  const pool = floating.networkId;
  await setNic({
    ...elsewhere(subnet.id, network.id),
    floating_ips: [{ network_id: pool, address: floating.address }],
  });
  const id = await orderFailover(writing);
  await goAway(writing, () => Promise.resolve(id));
  const [port] = portsAt("site-b");
  expect(port).toMatchObject({
    networkId: network.id,
    fixedIps: [{ subnetId: subnet.id, address: "10.99.0.50" }],
    isPortSecurityEnabled: false,
    securityGroupIds: [],
  });
  expect(port?.macAddress).not.toBe(homePort().mac);
  expect(sites.world.cloud("site-b").networks.floatingIps.get(floating.id)?.portId).toBe(port?.id);
  const told = readOptionalJson((await operationRow(writing, id)).plan)?.warnings.map(({ reason }) => reason);
  expect(told).toContain(
    `NIC ${homePort().mac} has settings of its own at site-b: network dr; addresses 10.99.0.50; a new MAC; port security off; floating IPs ${floating.address}.`,
  );
  await protectBack(writing);
  await sites.clock.advance(5000);
  const before = portsAt("site-a");
  const written = followWrites(writing);
  const warnings = await comeHome();
  expect(warnings.filter((reason) => /NIC|port/.test(reason))).toEqual([]);
  expect(portsAt("site-a")).toEqual(before);
  expect(lostAtHome(writing, written)).toEqual([]);
  expect(sites.world.cloud("site-b").networks.floatingIps.get(floating.id)).toMatchObject({ portId: null });
  expect(sites.world.problems).toEqual([]);
});

test("a server that is rebuilt at home has the network, address and MAC that its interface had there", async () => {
  writing = await writingGroup(1);
  const { network, subnet } = drNetwork();
  await setNic(elsewhere(subnet.id, network.id));
  await goAway(writing);
  await protectBack(writing);
  const { mac, address, networkId } = homePort();
  const { sites, group } = writing;
  const admin = adminOf("site-a");
  const ports = portsAt("site-a").map(({ id }) => id);
  await sites.clock.run(admin.compute.deleteServer(group.servers[0]?.server.id ?? ""));
  await sites.clock.advance(30_000);
  for (const id of ports) await sites.clock.run(admin.network.deletePort(id));
  await comeHome();
  expect(portsAt("site-a")).toMatchObject([{ macAddress: mac, networkId, fixedIps: [{ address }] }]);
});

test("a test takes the tests' settings over the recovery's, and none of its floating IPs", async () => {
  writing = await writingGroup(1);
  const [real, tests] = [drNetwork("dr"), drNetwork("drill")];
  await setNic(elsewhere(real.subnet.id, real.network.id), {
    is_test: true,
    network_id: tests.network.id,
    fixed_ips: [{ subnet_id: tests.subnet.id, address: null }],
  });
  expect(await settleTest(writing, await orderTest(writing))).toBe("completed");
  const [port] = portsAt("site-b");
  expect(port).toMatchObject({ networkId: tests.network.id, isPortSecurityEnabled: false });
  expect(port?.macAddress).not.toBe(homePort().mac);
});

test("a recovery's own network is copied for a test, with the address that the recovery would have", async () => {
  writing = await writingGroup(1);
  const { network, subnet } = drNetwork();
  await setNic(elsewhere(subnet.id, network.id));
  expect(await settleTest(writing, await orderTest(writing))).toBe("completed");
  const [port] = portsAt("site-b");
  expect(port?.networkId).not.toBe(network.id);
  expect(port?.fixedIps.map(({ address }) => address)).toEqual(["10.99.0.50"]);
});

test.each([
  [{ address: "10.98.0.50" }, "10.98.0.50 is not inside 10.99.0.0/24 of subnet dr-subnet."],
  [{ subnet: "gone" }, "subnet gone is not at site-b."],
  [{ network: "gone" }, "network gone is not at site-b."],
])("settings that do not fit the other site refuse the failover: %o", async (wrong, detail) => {
  writing = await writingGroup(1);
  const { network, subnet } = drNetwork();
  const {
    address = "10.99.0.50",
    subnet: subnetId = subnet.id,
    network: networkId = network.id,
  } = wrong as Record<string, string | undefined>;
  await setNic({ is_test: false, network_id: networkId, fixed_ips: [{ subnet_id: subnetId, address }] });
  const id = await orderFailover(writing);
  expect(await settleTest(writing, id)).toBe("failed");
  const error = readOptionalJson((await operationRow(writing, id)).error);
  expect(error?.detail).toContain(`NIC ${homePort().mac}: ${detail}`);
});
