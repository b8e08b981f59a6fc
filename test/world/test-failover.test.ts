import { seedServer } from "@protector/simulator";
import { expect, test } from "vitest";
import { readJson, readOptionalJson } from "../../packages/server/src/db/codecs.ts";
import { endTests } from "../../packages/server/src/engine/watch/tests.ts";
import { runCalm } from "./calm-run.ts";
import type { WritingGroup } from "./failover-run.ts";
import {
  changingCalls,
  operationRow,
  orderCleanup,
  orderTest,
  production,
  quietGroup,
  settleTest,
  targetCloud,
} from "./test-run.ts";

const atSiteA = (service: string) => service.startsWith("site-a/") || service === "array-a";

/** Servers, networks and volumes at site B, and whether the group is held there. */
async function seenAtB({ sites, group }: WritingGroup) {
  const { compute, networks, volumes } = sites.world.cloud("site-b");
  const row = await sites.b.connection.db
    .selectFrom("protection_groups")
    .select("current_operation_id")
    .where("id", "=", group.id)
    .executeTakeFirstOrThrow();
  return {
    servers: [...compute.servers.values()],
    networks: [...networks.networks.values()],
    volumes: [...volumes.volumes.values()],
    isHeld: row.current_operation_id !== null,
  };
}

async function refusalOf(writing: WritingGroup, parameters: Record<string, unknown> = {}) {
  const before = targetCloud(writing.sites.world.describe());
  const id = await orderTest(writing, parameters);
  const status = await settleTest(writing, id);
  writing.sites.stop();
  const error = readOptionalJson((await operationRow(writing, id)).error);
  expect(targetCloud(writing.sites.world.describe())).toEqual(before);
  return { status, code: error?.code, detail: error?.detail ?? "" };
}

function remap({ sites }: WritingGroup, kind: "test_volume_type", target: string) {
  return sites.b.connection.db
    .updateTable("resource_mappings")
    .set({ target_id: target })
    .where("kind", "=", kind)
    .execute();
}

function addMapping(
  { sites, group }: WritingGroup,
  kind: "test_network" | "test_subnet",
  ids: readonly [string, string],
) {
  const [source_id, target_id] = ids;
  const of = { project_id: sites.b.projectId, protection_group_id: group.id, created_at: "2026-01-05 08:00:00.000000" };
  return sites.b.connection.db
    .insertInto("resource_mappings")
    .values({ id: sites.random.uuid(), kind, source_id, target_id, ...of })
    .execute();
}

test("production and its replication are the same, byte for byte, before, during and after a test", async () => {
  const writing = await quietGroup();
  const { world } = writing.sites;
  const before = world.describe();
  const built = await runCalm(writing.sites, await orderTest(writing));
  expect(built.status).toBe("completed");
  expect(production(world.describe())).toEqual(production(before));
  const cleaned = await runCalm(writing.sites, await orderCleanup(writing));
  expect(cleaned.status).toBe("completed");
  const after = world.describe();
  expect(production(after)).toEqual(production(before));
  expect(targetCloud(after)).toEqual(targetCloud(before));
  expect(changingCalls([...built.calls, ...cleaned.calls], atSiteA)).toEqual([]);
  expect(world.problems).toEqual([]);
  writing.sites.stop();
});

test("copies run under other names on networks without a router, with their addresses, hostnames and a config drive", async () => {
  const writing = await quietGroup();
  const { sites, group } = writing;
  const productive = (await seenAtB(writing)).networks.map(({ id }) => id);
  const id = await orderTest(writing, { suffix: ".drill" });
  expect(await settleTest(writing, id)).toBe("completed");
  const { servers, networks, volumes, isHeld } = await seenAtB(writing);
  expect(servers.map(({ name, hostname, hasConfigDrive }) => ({ name, hostname, hasConfigDrive }))).toEqual(
    group.servers.map(({ server }) => ({
      name: `${server.name}.drill`,
      hostname: server.hostname,
      hasConfigDrive: true,
    })),
  );
  const copies = new Set(networks.map((network) => network.id).filter((network) => !productive.includes(network)));
  expect(copies.size).toBe(2);
  const cloud = sites.world.cloud("site-b");
  const ports = [...cloud.networks.ports.values()].filter((port) =>
    servers.some((server) => server.id === port.deviceId),
  );
  expect(ports.every((port) => copies.has(port.networkId))).toBe(true);
  expect(ports.map((port) => port.fixedIps[0]?.address).sort()).toEqual(
    ["10.10.0.11", "10.10.0.21", "10.20.0.21", "10.20.0.31"].sort(),
  );
  expect(volumes.map((volume) => cloud.volumes.types.get(volume.typeId ?? "")?.name)).toEqual(
    volumes.map(() => "plain"),
  );
  for (const server of servers) expect(cloud.guest(server.id).isRunning).toBe(true);
  expect(isHeld).toBe(false);
  sites.stop();
});

test("the time to recover is measured, the point proven, the standing test told", async () => {
  const writing = await quietGroup();
  const { sites } = writing;
  const id = await orderTest(writing);
  await settleTest(writing, id);
  const row = await operationRow(writing, id);
  expect(row).toMatchObject({ status: "completed", phase: "standing", error: null, is_past_no_return: 0 });
  const members = readJson(row.members);
  expect(members.map(({ status }) => status)).toEqual(["tested", "tested", "tested"]);
  expect(row.downtime_seconds).toBe(Math.max(...members.map((member) => member.downtime_seconds ?? 0)));
  expect(row.downtime_seconds).toBeGreaterThan(0);
  const points = await sites.b.connection.db.selectFrom("recovery_points").selectAll().execute();
  expect(points.filter((point) => point.proven_at !== null).map((point) => point.name)).toEqual([row.recovery_point]);
  sites.stop();
});

test("a test needs nothing of a site that is dead", async () => {
  const writing = await quietGroup();
  const { sites } = writing;
  sites.world.conditions.inject({ service: "site-a/", fault: { kind: "unreachable" } });
  sites.world.conditions.inject({ service: "array-a", fault: { kind: "unreachable" } });
  expect(await settleTest(writing, await orderTest(writing))).toBe("completed");
  expect(await settleTest(writing, await orderCleanup(writing))).toBe("completed");
  sites.stop();
});

test("a type that replicates is refused, and so is none", async () => {
  const replicating = await quietGroup();
  await remap(replicating, "test_volume_type", "replicated");
  expect(await refusalOf(replicating)).toMatchObject({ status: "failed", code: "protector.test.type_replicates" });
  const unmapped = await quietGroup();
  await unmapped.sites.b.connection.db.deleteFrom("resource_mappings").where("kind", "=", "test_volume_type").execute();
  const refusal = await refusalOf(unmapped);
  expect(refusal).toMatchObject({ status: "failed", code: "protector.mapping.test_volume_type_unmapped" });
  expect(refusal.detail).toMatch(/types there that do not replicate: .*plain/);
});

test("a network of production is refused as a network for tests", async () => {
  const writing = await quietGroup();
  const { a, b } = writing.sites;
  await addMapping(writing, "test_network", [a.tenant.front.network.id, b.tenant.front.network.id]);
  expect(await refusalOf(writing)).toMatchObject({ status: "failed", code: "protector.test.network_not_isolated" });
});

test("a network that is mapped for tests is used as it is, the others are copied", async () => {
  const writing = await quietGroup();
  const { sites } = writing;
  const { a, b } = sites;
  const { networks } = sites.world.cloud("site-b");
  const lab = networks.createNetwork({
    projectId: b.projectId,
    name: "lab",
    description: "",
    isShared: false,
    isExternal: false,
    isPortSecurityEnabled: true,
  });
  const subnet = networks.createSubnet({
    networkId: lab.id,
    projectId: b.projectId,
    cidr: "10.10.0.0/24",
    name: "lab",
    isDhcpEnabled: true,
    dnsServers: [],
  });
  await addMapping(writing, "test_network", [a.tenant.front.network.id, lab.id]);
  await addMapping(writing, "test_subnet", [a.tenant.front.subnet.id, subnet.id]);
  const before = (await seenAtB(writing)).networks.length;
  expect(await settleTest(writing, await orderTest(writing))).toBe("completed");
  expect((await seenAtB(writing)).networks.length).toBe(before + 1);
  expect([...networks.ports.values()].filter((port) => port.networkId === lab.id && port.deviceId).length).toBe(2);
  expect(await settleTest(writing, await orderCleanup(writing))).toBe("completed");
  expect(networks.networks.has(lab.id)).toBe(true);
  sites.stop();
});

test.each([
  ["as soon as it was verified, when asked to", { cleanup: "auto" }, 0],
  ["when its time is over", { time_limit: 600 }, 600_000],
])("a test is cleaned up by itself %s", async (_, parameters, afterMs) => {
  const writing = await quietGroup();
  const { sites } = writing;
  const before = targetCloud(sites.world.describe());
  const id = await orderTest(writing, parameters);
  expect(await settleTest(writing, id)).toBe("completed");
  if (afterMs > 0) {
    await sites.clock.run(endTests(sites.ports(sites.b)));
    expect(await cleanups(writing)).toEqual([]);
    await sites.clock.advance(afterMs);
  }
  await sites.clock.run(endTests(sites.ports(sites.b)));
  await sites.clock.run(endTests(sites.ports(sites.b)));
  const [cleanup, ...others] = await cleanups(writing);
  expect(others).toEqual([]);
  expect(await settleTest(writing, cleanup?.id ?? "")).toBe("completed");
  expect(targetCloud(sites.world.describe())).toEqual(before);
  expect((await operationRow(writing, id)).phase).toBe("cleaned");
  sites.stop();
});

function cleanups({ sites }: WritingGroup) {
  return sites.b.connection.db.selectFrom("dr_operations").select("id").where("type", "=", "test_cleanup").execute();
}

test("what somebody holds is named, everything else goes, and the clean-up can be run again", async () => {
  const writing = await quietGroup();
  const { sites } = writing;
  const { world, b } = sites;
  const before = targetCloud(world.describe());
  const id = await orderTest(writing);
  await settleTest(writing, id);
  const cloud = world.cloud("site-b");
  const copy = [...cloud.networks.networks.values()].find(({ name }) => /^protector-.*front/.test(name));
  const subnet = copy && cloud.networks.subnetsOf(copy.id)[0];
  if (!copy || !subnet) throw new Error("the test made no network");
  const { tenant } = b;
  const own = seedServer(cloud, {
    name: "my-probe",
    owner: { project: tenant.project, user: tenant.user },
    flavor: tenant.basics.flavors.small,
    disks: [{ name: "my-probe-root", sizeGiB: 1, type: tenant.basics.plain }],
    nics: [{ on: { network: copy, subnet }, address: "10.10.0.250" }],
  });
  const first = await orderCleanup(writing);
  expect(await settleTest(writing, first)).toBe("completed_with_errors");
  const row = await operationRow(writing, first);
  expect(
    readJson(row.leftovers)
      .map(({ reason }) => reason)
      .join("\n"),
  ).toMatch(new RegExp(`network protector-.*used by ${own.server.id}`));
  expect([...cloud.compute.servers.values()].map(({ name }) => name)).toEqual(["my-probe"]);
  expect((await operationRow(writing, id)).phase).toBe("standing");
  cloud.compute.servers.delete(own.server.id);
  for (const port of [...cloud.networks.ports.values()])
    if (port.deviceId === own.server.id) cloud.networks.ports.delete(port.id);
  for (const { volumeId } of own.server.disks) cloud.volumes.volumes.delete(volumeId);
  expect(await settleTest(writing, await orderCleanup(writing))).toBe("completed");
  expect(targetCloud(world.describe())).toEqual(before);
  sites.stop();
});

test("what a service refuses to delete is named with its own words", async () => {
  const writing = await quietGroup();
  const { sites } = writing;
  await settleTest(writing, await orderTest(writing));
  sites.world.conditions.inject({
    service: "site-b/neutron",
    method: "DELETE",
    path: /\/networks\//,
    fault: {
      kind: "refuse",
      status: 403,
      body: { NeutronError: { type: "X", message: "not on a Sunday", detail: "" } },
    },
  });
  const cleanup = await orderCleanup(writing);
  expect(await settleTest(writing, cleanup)).toBe("completed_with_errors");
  const leftovers = readJson((await operationRow(writing, cleanup)).leftovers);
  const look = leftovers.find(({ reason }) => reason.includes("Left at site-b"));
  expect(look?.reason).toMatch(/network protector-.*: .*not on a Sunday/);
  sites.stop();
});

test("a server that does not come up in a test is told, and cleaned up like the others", async () => {
  const writing = await quietGroup();
  const { sites } = writing;
  const before = targetCloud(sites.world.describe());
  sites.world.conditions.inject({
    service: "site-b/nova",
    method: "POST",
    path: /\/servers$/,
    when: ({ body }) => JSON.stringify(body ?? "").includes("app-01"),
    fault: { kind: "refuse", status: 400, body: { badRequest: { message: "no" } } },
  });
  const id = await orderTest(writing);
  expect(await settleTest(writing, id)).toBe("completed_with_errors");
  const row = await operationRow(writing, id);
  expect(readJson(row.members).map(({ status }) => status)).toEqual(["tested", "error", "tested"]);
  expect(await settleTest(writing, await orderCleanup(writing))).toBe("completed");
  expect(targetCloud(sites.world.describe())).toEqual(before);
  sites.stop();
});
