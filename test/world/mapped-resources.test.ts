import type { MappingKind } from "@protector/contract";
import { type SeededServer, seedFlavor, seedKeypair } from "@protector/simulator";
import { expect, test } from "vitest";
import { readOptionalJson } from "../../packages/server/src/db/codecs.ts";
import { orderFailover, type WritingGroup } from "./failover-run.ts";
import { protectThreeTier, run } from "./protected-group.ts";
import { operationRow, orderTest, settleTest } from "./test-run.ts";
import { createTwoSites } from "./two-sites.ts";

/** Ids at site A of what web-01 uses beside the usual. */
const KERNEL = "11111111-1111-4111-8111-111111111111";
const GROUP = "22222222-2222-4222-8222-222222222222";

/** The three tiers protected; web-01 is in a server group and boots from a volume that names a kernel image. */
async function dressedGroup(): Promise<WritingGroup> {
  const sites = await createTwoSites();
  const { compute } = sites.world.cloud("site-a");
  const dress = (servers: readonly SeededServer[]) => {
    const web = servers[2];
    const { project, user } = sites.a.tenant;
    compute.serverGroups.set(GROUP, {
      id: GROUP,
      name: "web",
      policy: "anti-affinity",
      projectId: project.id,
      userId: user.id,
    });
    if (web) Object.assign(web.server, { serverGroupId: GROUP });
    const [root] = web?.volumes ?? [];
    if (root) root.imageMetadata = { ...root.imageMetadata, image_id: KERNEL, kernel_id: KERNEL };
  };
  return { sites, group: await protectThreeTier(sites, { prepare: dress }) };
}

async function map({ sites, group }: WritingGroup, rows: readonly (readonly [MappingKind, string, string])[]) {
  const of = { project_id: sites.b.projectId, protection_group_id: group.id, created_at: "2026-01-05 08:00:00.000000" };
  const values = rows.map(([kind, source_id, target_id]) => {
    return { id: sites.random.uuid(), kind, source_id, target_id, ...of };
  });
  await sites.b.connection.db.insertInto("resource_mappings").values(values).execute();
}

/** What site B has for the mapped kinds: a server group, an image, a key pair, a zone of its own. */
function counterparts({ sites }: WritingGroup) {
  const cloud = sites.world.cloud("site-b");
  const { project, user } = sites.b.tenant;
  const serverGroup = { id: sites.random.uuid(), name: "web-there", policy: "soft-anti-affinity" };
  cloud.compute.serverGroups.set(serverGroup.id, { ...serverGroup, projectId: project.id, userId: user.id });
  seedKeypair(cloud, user, "key-there");
  for (const host of cloud.compute.hosts) Object.assign(host, { availabilityZone: "east" });
  return { serverGroup: serverGroup.id, image: cloud.images.create({ name: "kernel", ownerId: project.id }).id };
}

/** Blockers or the error of a failover that is refused. */
async function refusal(writing: WritingGroup) {
  const { sites } = writing;
  const id = await orderFailover(writing);
  const status = await sites.settle(sites.b, id, sites.engine(sites.b));
  sites.stop();
  const error = readOptionalJson((await operationRow(writing, id)).error);
  return { status, code: error?.code, detail: error?.detail };
}

test("a recovered server is in the mapped server group and zone, has the mapped key pair and names the mapped images", async () => {
  const writing = await dressedGroup();
  const { sites, group } = writing;
  const there = counterparts(writing);
  await map(writing, [
    ["image", KERNEL, there.image],
    ["server_group", GROUP, there.serverGroup],
    ["key_pair", sites.a.tenant.keyName, "key-there"],
    ["availability_zone", "nova", "east"],
  ]);
  await run(sites, sites.b, group.id, { type: "failover", mode: "planned" });
  const { compute, volumes } = sites.world.cloud("site-b");
  const servers = [...compute.servers.values()];
  const web = servers.find(({ name }) => name === "web-01");
  expect(web).toMatchObject({ serverGroupId: there.serverGroup, keyName: "key-there", availabilityZone: "east" });
  expect([...compute.serverGroups.keys()]).toEqual([there.serverGroup]);
  const root = [...volumes.volumes.values()].find(({ name }) => name === "web-01-root");
  expect(root?.imageMetadata).toMatchObject({ image_id: there.image, kernel_id: there.image, image_name: "cirros" });
  sites.stop();
});

test("a kernel image that is neither mapped nor there under its id refuses the failover before anything is touched", async () => {
  expect(await refusal(await dressedGroup())).toMatchObject({
    status: "failed",
    code: "protector.mapping.image_unmapped",
    detail: expect.stringContaining(`Kernel image ${KERNEL} is not mapped to site-b`),
  });
});

test.each([
  ["availability_zone", "nova", "west", "Availability zone nova is mapped to west, which is not at site-b."],
  ["server_group", GROUP, GROUP, `Server group web (${GROUP}) is mapped to ${GROUP}, which is not at site-b.`],
] as const)("a %s that is mapped to nothing refuses the failover", async (kind, source, target, detail) => {
  const writing = await dressedGroup();
  await map(writing, [
    ["image", KERNEL, counterparts(writing).image],
    [kind, source, target],
  ]);
  const answer = await refusal(writing);
  expect(answer).toMatchObject({ status: "failed", code: "protector.mapping.target_missing" });
  expect(answer.detail).toContain(detail);
});

test("a test takes flavor and key pair of its own set, and makes a server group of its own beside the mapped one", async () => {
  const writing = await dressedGroup();
  const { sites } = writing;
  const cloud = sites.world.cloud("site-b");
  const there = counterparts(writing);
  const tiny = seedFlavor(cloud, { name: "m1.tiny", vcpus: 1, ramMiB: 512 });
  await map(writing, [
    ["image", KERNEL, there.image],
    ["server_group", GROUP, there.serverGroup],
    ["test_flavor", sites.a.tenant.basics.flavors.small.id, tiny.id],
    ["test_key_pair", sites.a.tenant.keyName, "key-there"],
  ]);
  expect(await settleTest(writing, await orderTest(writing))).toBe("completed");
  const web = [...cloud.compute.servers.values()].find(({ name }) => name === "web-01-test");
  expect(web).toMatchObject({ flavor: { name: "m1.tiny" }, keyName: "key-there" });
  expect(web?.serverGroupId).not.toBe(there.serverGroup);
  expect(cloud.compute.serverGroups.get(web?.serverGroupId ?? "")?.policy).toBe("anti-affinity");
  sites.stop();
});
