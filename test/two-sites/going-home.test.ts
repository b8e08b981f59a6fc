import type { Operation } from "@protector/contract";
import { afterEach, beforeEach, expect, it } from "vitest";
import { protectShop } from "./protected-shop.ts";
import { openWorkingSites, type WorkingSites } from "./working-sites.ts";

let here: WorkingSites;
beforeEach(async () => {
  here = await openWorkingSites();
  await protectShop(here);
});
afterEach(() => here.stop());

it("reprotect shows what it will do, replicates back, and both sites say that the group is protected", async () => {
  await here.must("failover shop --yes --wait");
  expect(await here.read("pg show shop")).toMatchObject({ status: "failed_over", protection: "unprotected" });
  const { code, stdout } = await here.run("reprotect shop --yes --wait");
  expect(code).toBe(0);
  expect(stdout).toContain('Plan: reprotect of "shop" from site-b to site-a');
  expect(stdout).toMatch(/Expected data loss {4}none/);
  for (const cloud of ["site-a", "site-b"]) {
    const other = cloud === "site-a" ? "site-b" : "site-a";
    expect(await here.read(`pg show shop --os-cloud ${cloud} --secondary-cloud ${other}`)).toMatchObject({
      status: "failed_over",
      protection: "protected",
      sync_status: "IN SYNC",
    });
  }
});

it("failback brings the servers home with their ids, empties the other site, and both sites agree", async () => {
  const home = () => here.sites.world.cloud("site-a").describe().servers;
  const identities = () => home().map(({ id, name, ports, volumes }) => ({ id, name, ports, volumes }));
  const before = identities();
  await here.must("failover shop --yes --wait", "reprotect shop --yes --wait");
  await here.must("pg readiness shop --check");
  const planned = await here.run("failback shop --dry-run");
  expect({ code: planned.code, stderr: planned.stderr }).toEqual({ code: 0, stderr: expect.any(String) });
  expect(planned.stdout).toContain('Plan: failback of "shop" from site-b to site-a');
  const ended = await here.read<Operation>("failback shop --yes --wait");
  expect(ended).toMatchObject({ status: "completed", data_loss_seconds: 0, leftovers: [] });
  expect(identities()).toEqual(before);
  expect(home().map(({ status, lockedBy }) => [status, lockedBy])).toEqual(Array(3).fill(["ACTIVE", null]));
  expect(here.sites.world.cloud("site-b").describe()).toMatchObject({ servers: [], volumes: [] });
  for (const cloud of ["site-a", "site-b"]) {
    const other = cloud === "site-a" ? "site-b" : "site-a";
    expect(await here.read(`pg show shop --os-cloud ${cloud} --secondary-cloud ${other}`)).toMatchObject({
      status: "active",
      protection: "protected",
      sync_status: "IN SYNC",
    });
  }
});

it("failback of a group that does not replicate back is blocked, and says what to do", async () => {
  await here.must("failover shop --yes --wait");
  const { code, stdout } = await here.run("failback shop --yes --wait");
  expect(code).toBe(3);
  expect(stdout.replaceAll(/\s+/g, " ")).toContain("Replicate back first: protector reprotect shop");
  const { code: refused, stderr } = await here.run("failover shop --yes --wait");
  expect(refused).toBe(3);
  expect(stderr.replaceAll(/\s+/g, " ")).toContain("Bring it back with: protector failback shop");
});

it("reprotect of a group at home is refused with the reason", async () => {
  const { code, stderr } = await here.run("reprotect shop --yes --wait");
  expect(code).toBe(3);
  expect(stderr.replaceAll(/\s+/g, " ")).toContain('Protection group "shop" is active at its home, site "site-a"');
});

it("comes home without the site that it runs at; protected again, what only that site has is listed, and deleted on command or with the group", async () => {
  await here.must("failover shop --yes --wait", "reprotect shop --yes --wait");
  here.destroy(here.sites.b);
  const home = await here.read<Operation>(
    'failover shop --unplanned --reason "the cellar of site B is under water" --yes --wait',
  );
  expect(home).toMatchObject({ status: "completed", mode: "unplanned" });
  expect(
    here.sites.world
      .cloud("site-a")
      .describe()
      .servers.map(({ status }) => status),
  ).toEqual(Array(3).fill("ACTIVE"));
  here.restore(here.sites.b);
  const atB = () => here.sites.world.cloud("site-b").describe().servers;
  await here.until("the servers of site B to be stopped", async () =>
    atB().every(({ status }) => status === "SHUTOFF"),
  );
  await here.until("site B to know", async () => {
    const [operation] = await here.read<readonly Operation[]>("operation list --type failover");
    return operation?.leftovers.every(({ subject }) => subject.startsWith("Snapshot")) ?? false;
  });
  await here.must("reprotect shop --yes --wait");
  expect(atB()).toEqual([]);
  expect(await here.read("pg show shop")).toMatchObject({ status: "active", protection: "protected" });
  const kept = await here.read<readonly { kind: string; site: string; name: string }[]>("kept-snapshot list shop");
  expect(new Set(kept.map(({ kind, site }) => `${kind} at ${site}`))).toEqual(
    new Set(["volume at site-b", "snapshot at site-a"]),
  );
  const refused = await here.run("kept-snapshot delete shop --all", { ask: async () => "no" });
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("Nothing was deleted.")]);
  const [first, ...others] = kept;
  await here.must(`kept-snapshot delete shop ${first?.name} --yes --wait`);
  expect(await here.read("kept-snapshot list shop")).toHaveLength(others.length);
  await here.must("member remove shop db-01 web-01 --wait");
  const asked: string[] = [];
  const ask = async (question: string) => {
    asked.push(question);
    return "neither";
  };
  const undecided = await here.run("pg delete shop", { ask });
  expect([undecided.code, undecided.stderr]).toEqual([2, expect.stringContaining("Nothing was deleted.")]);
  expect(undecided.stdout).toContain(`There are ${others.length} kept snapshots of shop`);
  expect(asked).toEqual([expect.stringContaining('Type "delete" to delete them with the group')]);
  // Those of site B only its engine can delete: it does so before the group goes.
  await here.must("pg delete shop --kept-snapshots delete --wait");
  expect(await here.read("pg list")).toEqual([]);
  const left = here.sites.world.describe().arrays.flatMap(({ volumes }) => volumes.filter((each) => !each.isDestroyed));
  expect(left.map(({ name }) => name).filter((name) => /-kept-/.test(name))).toEqual([]);
  const snapshots = here.sites.world
    .describe()
    .arrays.flatMap((each) => each.snapshots.filter((one) => !one.isDestroyed));
  expect(snapshots.map(({ name }) => name).filter((name) => /protector-/.test(name))).toEqual([]);
});

it("move-home makes the site that the group runs at its home at both sites, and deletes what it has left at the other", async () => {
  await here.must("failover shop --yes --wait", "reprotect shop --yes --wait");
  const { code, stdout } = await here.run("move-home shop --yes --wait");
  expect(code).toBe(0);
  expect(stdout.replaceAll(/\s+/g, " ")).toContain("site-b is the group's home afterwards.");
  const left = here.sites.world.cloud("site-a").describe().servers;
  expect(left.map(({ name }) => name)).toEqual(["app-01"]);
  for (const cloud of ["site-a", "site-b"]) {
    const other = cloud === "site-a" ? "site-b" : "site-a";
    expect(await here.read(`pg show shop --os-cloud ${cloud} --secondary-cloud ${other}`)).toMatchObject({
      status: "active",
      protection: "protected",
      sync_status: "IN SYNC",
    });
  }
  const again = await here.run("move-home shop --yes");
  expect([again.code, again.stderr.replaceAll(/\s+/g, " ")]).toEqual([3, expect.stringContaining("already.")]);
});
