import { seedNetwork } from "@protector/simulator";
import { afterEach, expect, test } from "vitest";
import { readOptionalJson } from "../../packages/server/src/db/codecs.ts";
import { orderFailover, type WritingGroup, writingGroup } from "./failover-run.ts";
import { operationRow } from "./test-run.ts";

let writing: WritingGroup;
afterEach(() => writing.sites.stop());

/** Maps the networks of the group's servers to a network of another range at site B. */
async function mapElsewhere() {
  const { sites, group } = writing;
  const { network, subnet } = seedNetwork(sites.world.cloud("site-b"), {
    name: "dr",
    project: sites.b.tenant.project,
    cidr: "10.99.0.0/24",
  });
  const ports = group.servers.flatMap((server) => server.ports);
  const targets = new Map([
    ...ports.map(({ networkId }) => [networkId, network.id] as const),
    ...ports.flatMap(({ fixedIps }) => fixedIps.map(({ subnetId }) => [subnetId, subnet.id] as const)),
  ]);
  for (const site of [sites.a, sites.b])
    for (const [source, target] of targets)
      await site.connection.db
        .updateTable("resource_mappings")
        .set({ target_id: target })
        .where("source_id", "=", source)
        .execute();
  return { network, subnet };
}

function homeAddresses(): readonly string[] {
  return writing.group.servers.flatMap(({ ports }) => ports.flatMap((port) => port.fixedIps.map((ip) => ip.address)));
}

function addressesThere(): readonly string[] {
  const cloud = writing.sites.world.cloud("site-b");
  const ports = [...cloud.networks.ports.values()].filter((port) => cloud.compute.servers.has(port.deviceId));
  return ports.flatMap((port) => port.fixedIps.map((ip) => ip.address));
}

async function failOver() {
  const { sites } = writing;
  const id = await orderFailover(writing);
  expect(await sites.settle(sites.b, id, sites.engine(sites.b), 3_600_000)).toBe("completed");
  const { plan } = await operationRow(writing, id);
  return readOptionalJson(plan)?.warnings.map(({ reason }) => reason);
}

test("an address outside of the mapped range keeps its place in it, but where two would get the same one", async () => {
  writing = await writingGroup(2);
  await mapElsewhere();
  const told = await failOver();
  const places = homeAddresses().map((address) => address.replace(/^.*\./, "10.99.0."));
  const [clear, shared] = [true, false].map((isAlone) =>
    places.filter((place) => (places.filter((each) => each === place).length === 1) === isAlone),
  );
  expect(clear).not.toEqual([]);
  expect(shared).not.toEqual([]);
  expect(addressesThere()).toEqual(expect.arrayContaining(clear ?? []));
  for (const place of shared ?? []) expect(addressesThere()).not.toContain(place);
  for (const [index, address] of homeAddresses().entries()) {
    const place = places[index] ?? "";
    const becomes = clear?.includes(place) ? place : "any free address of subnet dr-subnet";
    expect(told).toContain(`${address} is not inside 10.99.0.0/24 at site-b: it becomes ${becomes}.`);
  }
});

test("where that place is taken it gets any other, and the plan says so", async () => {
  writing = await writingGroup(1);
  const { network, subnet } = await mapElsewhere();
  const [address = ""] = homeAddresses();
  const taken = address.replace(/^.*\./, "10.99.0.");
  const { networks } = writing.sites.world.cloud("site-b");
  networks.createPort({
    networkId: network.id,
    projectId: network.projectId,
    fixedIps: [{ subnetId: subnet.id, address: taken }],
  });
  const told = await failOver();
  expect(told).toContain(
    `${address} is not inside 10.99.0.0/24 at site-b: it becomes any free address of subnet dr-subnet.`,
  );
  expect(addressesThere()).toEqual([expect.stringMatching(/^10\.99\.0\./)]);
  expect(addressesThere()).not.toEqual([taken]);
});
