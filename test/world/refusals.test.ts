import { seedServer } from "@protector/simulator";
import { expect, test } from "vitest";
import { readOptionalJson } from "../../packages/server/src/db/codecs.ts";
import { orderFailover, type WritingGroup, writingGroup } from "./failover-run.ts";
import { finalState } from "./final-state.ts";
import { orderMember } from "./protected-group.ts";
import type { TestSite } from "./test-site.ts";

interface Refusal {
  readonly code: string | undefined;
  readonly status: string;
  readonly detail: string;
}

/** Runs an operation that must be refused; answers how, and sees that nothing else has changed. */
async function refused(writing: WritingGroup, site: TestSite, operationId: string, before: unknown): Promise<Refusal> {
  const { sites } = writing;
  const status = await sites.settle(site, operationId, sites.engine(site));
  sites.stop();
  const row = await site.connection.db
    .selectFrom("dr_operations")
    .select("error")
    .where("id", "=", operationId)
    .executeTakeFirstOrThrow();
  const error = readOptionalJson(row.error);
  expect(worldOf(await finalState(sites, writing.group))).toEqual(worldOf(before));
  return { code: error?.code, status, detail: error?.detail ?? "" };
}

/** A state without the rows of operations: those of a refused one are all that may be new. */
function worldOf(state: unknown): unknown {
  const { databases, ...world } = state as { databases: Record<string, unknown>[] };
  return { ...world, databases: databases.map(({ operations: _operations, ...rest }) => rest) };
}

/** A failover that is ordered after something was put wrong. */
async function failoverAfter(spoil: (writing: WritingGroup) => unknown): Promise<Refusal> {
  const writing = await writingGroup();
  await spoil(writing);
  const before = await finalState(writing.sites, writing.group);
  return refused(writing, writing.sites.b, await orderFailover(writing), before);
}

async function unmap(
  { sites }: WritingGroup,
  kind: "network" | "flavor" | "security_group" | "volume_type",
): Promise<void> {
  await sites.b.connection.db.deleteFrom("resource_mappings").where("kind", "=", kind).execute();
}

test.each([
  ["network", "protector.mapping.network_unmapped", /^Network demo-\w+ \([0-9a-f-]+\) is not mapped to site-b/],
  ["flavor", "protector.mapping.flavor_unmapped", /^Flavor m1\.\w+ \([0-9a-f-]+\) is not mapped to site-b/],
  [
    "security_group",
    "protector.mapping.security_group_unmapped",
    /^Security group demo-\w+ \([0-9a-f-]+\) is not mapped to site-b/,
  ],
  ["volume_type", "protector.mapping.volume_type_unmapped", /^Volume type replicated is not mapped to site-b/],
] as const)("a failover with an unmapped %s is refused before anything is touched", async (kind, code, detail) => {
  const refusal = await failoverAfter((writing) => unmap(writing, kind));
  expect(refusal).toMatchObject({ status: "failed", code });
  expect(refusal.detail).toMatch(detail);
});

test("a failover into a project whose quota is too small says what is missing", async () => {
  const refusal = await failoverAfter(({ sites }) => {
    sites.world.cloud("site-b").compute.limitsOf(sites.b.projectId).cores = 1;
  });
  expect(refusal).toMatchObject({ status: "failed", code: "protector.quota.exceeded" });
  expect(refusal.detail).toMatch(/needs 4 cores; project \S+ has 1 left of 1/);
});

test("a failover to a cloud without a host for one of the flavors names the flavor, the resources and the servers", async () => {
  const refusal = await failoverAfter(({ sites }) => {
    for (const host of sites.world.cloud("site-b").compute.hosts) host.vcpus = 1;
  });
  expect(refusal).toMatchObject({ status: "failed", code: "protector.capacity.unavailable" });
  expect(refusal.detail).toMatch(
    /^No host at site-b has room now for even one server of flavor m1\.medium \(MEMORY_MB:4096, VCPU:2, .*brings 1 server/,
  );
});

test("a failover to a cloud whose hosts are all disabled is refused", async () => {
  const refusal = await failoverAfter(({ sites }) => {
    for (const host of sites.world.cloud("site-b").compute.hosts) host.traits.add("COMPUTE_STATUS_DISABLED");
  });
  expect(refusal).toMatchObject({ status: "failed", code: "protector.capacity.unavailable" });
});

test("a failover to a flavor that wants what Placement has never heard of says so", async () => {
  const refusal = await failoverAfter(({ sites }) => {
    sites.b.tenant.basics.flavors.medium.extraSpecs["trait:CUSTOM_GOLD"] = "required";
  });
  expect(refusal).toMatchObject({ status: "failed", code: "protector.capacity.unavailable" });
  expect(refusal.detail).toMatch(/of flavor m1\.medium: .*CUSTOM_GOLD/);
});

test("a failover to an address that is taken names the address and who holds it", async () => {
  const refusal = await failoverAfter(({ sites }) => {
    const { tenant } = sites.b;
    seedServer(sites.world.cloud("site-b"), {
      name: "squatter",
      owner: { project: tenant.project, user: tenant.user },
      flavor: tenant.basics.flavors.small,
      disks: [{ name: "squatter-root", sizeGiB: 1, type: tenant.basics.plain }],
      nics: [{ on: tenant.back, address: "10.20.0.31" }],
    });
  });
  expect(refusal).toMatchObject({ status: "failed", code: "protector.address.taken" });
  expect(refusal.detail).toMatch(/^10\.20\.0\.31 is held by \S+ on network demo-back \(\S+\) at site-b/);
});

test("a failover of a server that got another volume since says so", async () => {
  const refusal = await failoverAfter(({ group }) => {
    const [first, second] = group.servers;
    const extra = second?.server.disks.at(-1);
    if (first && extra)
      Object.assign(first.server, { disks: [...first.server.disks, { ...extra, device: "/dev/vdz" }] });
  });
  expect(refusal).toMatchObject({ status: "failed", code: "protector.member.changed" });
});

test("a failover without a marker starts nothing", async () => {
  const refusal = await failoverAfter(({ sites, group }) => {
    const { model } = sites.world.array("array-b");
    const marker = model
      .describe()
      .volumes.find((volume) => volume.name.startsWith(`protector-${group.id.replaceAll("-", "").slice(0, 12)}-e`));
    model.destroyVolume(marker?.name ?? "");
  });
  expect(refusal).toMatchObject({ status: "failed", code: "protector.marker.missing" });
});

test("a confirmed plan that is no longer the plan is not started", async () => {
  const writing = await writingGroup();
  const { sites, group } = writing;
  const before = await finalState(sites, group);
  const operationId = await sites.order(sites.b, group.id, {
    type: "failover",
    mode: "planned",
    parameters: { plan_digest: "0".repeat(64) },
  });
  expect(await refused(writing, sites.b, operationId, before)).toMatchObject({
    status: "failed",
    code: "protector.plan.changed",
  });
});

/** A member_add of a server that cannot be protected. */
async function addAfter(
  make: (writing: WritingGroup) => { readonly id: string; readonly name: string },
): Promise<Refusal> {
  const writing = await writingGroup();
  const { sites, group } = writing;
  const server = make(writing);
  const before = await finalState(sites, group);
  const { operationId } = await orderMember(sites, group.id, { serverId: server.id, name: server.name, tier: 3 });
  return refused(writing, sites.a, operationId, before);
}

function plainServer({ sites }: WritingGroup, name: string) {
  const { tenant } = sites.a;
  return seedServer(sites.world.cloud("site-a"), {
    name,
    owner: { project: tenant.project, user: tenant.user },
    flavor: tenant.basics.flavors.small,
    disks: [{ name: `${name}-root`, sizeGiB: 1, type: tenant.basics.plain }],
    nics: [{ on: tenant.back }],
  }).server;
}

test("a server on a volume that is not replicated is refused, and leaves no trace in the group", async () => {
  const refusal = await addAfter((writing) => plainServer(writing, "legacy-01"));
  expect(refusal).toMatchObject({ status: "failed", code: "protector.member.volume_not_replicated" });
  expect(refusal.detail).toMatch(/Volume legacy-01-root .* has volume type plain, which is not replicated/);
});

test("a server that boots from an image is refused", async () => {
  const refusal = await addAfter((writing) => {
    const server = plainServer(writing, "image-01");
    Object.assign(server, { imageId: writing.sites.a.tenant.basics.imageId });
    return server;
  });
  expect(refusal).toMatchObject({ status: "failed", code: "protector.member.image_booted" });
});

test("a server of another project is not found", async () => {
  const refusal = await addAfter((writing) => {
    const server = plainServer(writing, "foreign-01");
    Object.assign(server, { projectId: writing.sites.a.tenant.basics.adminProject.id });
    return server;
  });
  expect(refusal).toMatchObject({ status: "failed", code: "protector.member.server_not_found" });
});
