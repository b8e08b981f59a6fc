import type { ServerDescription } from "@protector/contract";
import type { Flavor } from "@protector/openstack";
import { expect, test } from "vitest";
import { mappingLookup } from "../world/mapping.ts";
import type { FailoverMember } from "./failover-input.ts";
import { noRoomReason, type ProjectQuota, quotaShortages, roomNeeds, serverSizes } from "./room-needs.ts";

function flavor(id: string, vcpus: number, more: Partial<Flavor> = {}): Flavor {
  const disks = { diskGiB: 20, ephemeralGiB: 0, swapMiB: 0 };
  return { id, name: `name-${id}`, vcpus, ramMiB: 2048, ...disks, extraSpecs: {}, ...more };
}

/** A server of a flavor there, with one 10 GiB volume of type `gold`. */
function member(flavorId: string, imageMetadata: Record<string, string> = {}): FailoverMember {
  const description = {
    flavor: { id: flavorId, name: flavorId, vcpus: 1, ram_mib: 1024 },
    volumes: [{ volume_type: "gold", size_gib: 10, image_metadata: imageMetadata }],
    ports: [
      { mac_address: "fa:16:3e:00:00:01", floating_ips: [{}] },
      { mac_address: "fa:16:3e:00:00:02", floating_ips: [] },
    ],
  } as unknown as ServerDescription;
  return { description, nics: new Map() } as unknown as FailoverMember;
}

const FLAVORS = new Map(
  [flavor("small", 1), flavor("twin", 1), flavor("large", 8)].map((each) => [each.id, each] as const),
);

function subject(...members: FailoverMember[]) {
  const rows = ["small", "twin", "large"].map((id) => ({ kind: "flavor" as const, sourceId: id, targetId: id }));
  return { members, mapping: mappingLookup(rows, false), flavors: FLAVORS };
}

const plenty = { limit: -1, used: 0 };

function quotaOf(more: { floatingIps?: object; byType?: object }): ProjectQuota {
  return {
    compute: { instances: plenty, cores: plenty, ramMiB: plenty, serverGroups: plenty },
    volume: { volumes: plenty, gigabytes: plenty, byType: {}, ...more },
    network: { ports: plenty, floatingIps: plenty, networks: plenty, subnets: plenty, ...more },
  } as ProjectQuota;
}

test("flavors that ask the same of a host are one size, with all its servers", () => {
  const sizes = serverSizes(subject(member("small"), member("large"), member("twin"), member("small")));
  expect(sizes.map(({ flavors, servers }) => ({ flavors, servers }))).toEqual([
    { flavors: ["name-small", "name-twin"], servers: 3 },
    { flavors: ["name-large"], servers: 1 },
  ]);
});

test("a pinned server is another size than one of the same flavor that is not", () => {
  expect(serverSizes(subject(member("small"), member("small", { hw_cpu_policy: "dedicated" })))).toHaveLength(2);
});

test("a server whose flavor is not mapped has no size, and counts with its own cores", () => {
  const needs = roomNeeds(subject(member("unmapped"), member("large")));
  expect(needs.sizes).toHaveLength(1);
  expect(needs.cores).toBe(9);
});

test("every quota that is too small is named with what is needed and what is left", () => {
  const needs = roomNeeds(subject(member("small"), member("small")));
  const quota = quotaOf({
    floatingIps: { limit: 5, used: 4 },
    byType: { gold: { volumes: { limit: 2, used: 0 }, gigabytes: { limit: 30, used: 15 } } },
  });
  expect(quotaShortages(needs, quota, "p-1")).toEqual([
    "The failover needs 2 floating IPs; project p-1 has 1 left of 5.",
    "The failover needs 20 GiB of type gold; project p-1 has 15 left of 30.",
  ]);
});

test("a size without room says how many servers of it the hosts would take, at most", () => {
  const [size] = serverSizes(subject(member("large"), member("large")));
  if (!size) throw new Error("no size");
  expect(noRoomReason({ size, fits: 0, refusal: undefined }, "site-b")).toBe(
    "No host at site-b has room now for even one server of flavor name-large (MEMORY_MB:2048, VCPU:8, traits !COMPUTE_STATUS_DISABLED), and the failover brings 2 servers of flavor name-large.",
  );
  expect(noRoomReason({ size, fits: 1, refusal: undefined }, "site-b")).toBe(
    "The hosts at site-b together have room now for 1 server of flavor name-large (MEMORY_MB:2048, VCPU:8, traits !COMPUTE_STATUS_DISABLED), and the failover brings 2.",
  );
  expect(noRoomReason({ size, fits: 0, refusal: "No such trait(s): CUSTOM_GOLD." }, "site-b")).toBe(
    "Placement at site-b finds no host for 2 servers of flavor name-large: No such trait(s): CUSTOM_GOLD.",
  );
});
