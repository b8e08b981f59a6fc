import type { MappingSuggestion, ResourceMapping } from "@protector/contract";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openWorkingSites, type WorkingSites } from "./working-sites.ts";

let here: WorkingSites;
beforeEach(async () => {
  here = await openWorkingSites();
  await here.must(
    "pg create shop",
    "pg policy-create shop --primary-backend array-a --secondary-backend array-b --wait",
    "member add shop app-01 --wait",
    "member add shop db-01 --wait",
  );
});
afterEach(() => here.stop());

const networksAt = (name: "site-a" | "site-b") => here.sites.world.cloud(name).networks;

type Row = Pick<MappingSuggestion, "kind"> & { readonly source: string; readonly confidence: string };

async function suggested(line = "mapping suggest shop"): Promise<readonly string[]> {
  const rows = await here.read<Row[]>(line);
  return rows.map(({ kind, source, confidence }) => `${kind} ${source} ${confidence}`);
}

/** Each cloud of the world has made a key of its own under the tenant's name. */
const OTHER_KEY = "key_pair demo-key possible";

it("--apply maps what is sure on both sites, and a failover is ready", async () => {
  expect(await suggested()).toContain("network demo-front sure");
  await here.must("mapping suggest shop --apply", "pg replicate shop --wait");
  expect(await suggested()).toEqual([OTHER_KEY]);
  const mapped = await here.read<ResourceMapping[]>("mapping show shop --site site-b");
  expect(mapped).toContainEqual({
    kind: "network",
    origin: "group",
    source_id: here.sites.a.tenant.front.network.id,
    target_id: here.sites.b.tenant.front.network.id,
  });
  expect((await here.run("pg readiness shop --check")).stdout).toContain("Failover ready: yes");
});

it("maps volumes in a pod to a type outside of one", async () => {
  await here.stop();
  here = await openWorkingSites({ isSync: true });
  await here.must(
    "pg create shop --replication-type sync",
    "pg policy-create shop --primary-backend array-a --secondary-backend array-b --wait",
    "member add shop app-01 --wait",
  );
  const list = "mapping suggest shop -f csv -c source -c target -c confidence";
  const { volumes } = here.sites.world.cloud("site-b");
  const specs = { replication_enabled: "<is> True", replication_type: "<in> sync" };
  const type = volumes.createType("sync", { volume_backend_name: volumes.backends[0].name, ...specs });
  const { stdout } = await here.run(list);
  expect(stdout).toContain("sync,replicated,likely");
  expect(stdout).not.toContain("sync,sync,sure");
  volumes.types.delete(type.id);
  expect((await here.run(list)).stdout).toContain("sync,replicated,sure");
  await here.must("mapping suggest shop --apply");
  expect((await here.run("failover shop --dry-run")).stdout).toContain("Expected data loss    none");
});

it("says what is not sure, and why: another size, other rules, other ranges", async () => {
  const { b } = here.sites;
  const cloud = here.sites.world.cloud("site-b");
  Object.assign(b.tenant.basics.flavors.small, { ramMiB: 4096 });
  cloud.networks.addRule(b.tenant.web, { direction: "ingress", protocol: "tcp", portMin: 22, portMax: 22 });
  Object.assign(b.tenant.back.subnet, { cidr: "10.30.0.0/24" });
  const { stdout } = await here.run("mapping suggest shop -f csv -c source -c confidence -c reason");
  expect(stdout).toMatch(/m1\.small,possible,"same name, but 1 vCPU, 4096 MiB, 0 GiB disk; here 1 vCPU, 2048 MiB/);
  expect(stdout).toMatch(/demo-web,possible,.*only there: ingress IPv4 tcp 22 from anywhere/);
  expect(stdout).toMatch(/demo-back,possible,.*its subnets are 10\.30\.0\.0\/24, here 10\.20\.0\.0\/24/);
});

it("--create makes groups with their rules, remote groups through the mapping, and imports the key; a second time nothing", async () => {
  const there = networksAt("site-b");
  for (const group of [...there.securityGroups.values()])
    if (group.name.startsWith("demo-")) there.securityGroups.delete(group.id);
  here.sites.world.cloud("site-b").compute.keypairs.clear();
  const { stderr } = await here.run("mapping suggest shop --create --apply");
  expect(stderr).toContain("Made security group demo-web at site-b: 4 rules");
  expect(stderr).toContain("Imported key pair demo-key at site-b.");
  const made = [...there.securityGroups.values()].filter(({ name }) => name.startsWith("demo-"));
  const [database, web] = made.sort((x, y) => (x.name < y.name ? -1 : 1));
  expect(database?.rules.find(({ portMin }) => portMin === 5432)?.remoteGroupId).toBe(web?.id);
  expect(web?.rules.map(({ portMin }) => portMin).filter((port) => port !== null)).toEqual([80, 443]);
  expect(await suggested()).toEqual([]);
  const before = there.securityGroups.size;
  const again = await here.run("mapping suggest shop --create");
  expect(again.stderr).not.toContain("Made");
  expect(there.securityGroups.size).toBe(before);
});

it("completes a group that was begun, and leaves alone one of the same name that people made", async () => {
  const there = networksAt("site-b");
  const { web } = here.sites.a.tenant;
  const own = here.sites.b.tenant.web;
  own.description = `Made by Protector as the counterpart of security group ${web.id}`;
  own.rules = own.rules.filter(({ portMin }) => portMin !== 443);
  here.sites.b.tenant.database.rules = [];
  const { stderr } = await here.run("mapping suggest shop --create");
  expect(stderr).toContain("Made security group demo-web at site-b");
  expect(there.securityGroups.get(own.id)?.rules.some(({ portMin }) => portMin === 443)).toBe(true);
  expect(stderr).toContain("demo-database: site-b has one of that name with other rules; it is left as it is");
  expect(here.sites.b.tenant.database.rules).toEqual([]);
});

it("without a group it looks at all groups at home here, and fills the project's defaults", async () => {
  await here.must("mapping suggest --apply");
  const defaults = await here.read<ResourceMapping[]>("mapping show");
  expect(defaults).toContainEqual(expect.objectContaining({ kind: "volume_type", source_id: "replicated" }));
  expect(await suggested("mapping suggest")).toEqual([OTHER_KEY]);
});
