import type { Operation, RecoveryPlan } from "@protector/contract";
import { afterEach, beforeEach, expect, it } from "vitest";
import { protectBack, protectShop } from "./protected-shop.ts";
import { openWorkingSites, type WorkingSites } from "./working-sites.ts";

let here: WorkingSites;
beforeEach(async () => {
  here = await openWorkingSites();
  await protectShop(here);
  await protectBack(here);
  await here.must("recovery-plan create everything back shop --in-order");
}, 60_000);
afterEach(() => here.stop());

const FAR = "--os-cloud site-b --secondary-cloud site-a";
const servers = (site: "site-a" | "site-b") =>
  here.sites.world
    .cloud(site)
    .describe()
    .servers.filter(({ status }) => status === "ACTIVE").length;

it("a plan is tested, failed over, made to replicate back and brought home by one command each", async () => {
  const test = await here.read<Operation>("recovery-plan run everything --test --yes --wait");
  expect(test).toMatchObject({ status: "completed", mode: "test_failover" });
  expect([servers("site-a"), servers("site-b")]).toEqual([3, 0]);
  const { code, stdout, stderr } = await here.run("recovery-plan run everything --yes --wait");
  expect(code).toBe(0);
  expect(stdout).toContain('Plan: planned failover of recovery plan "everything" from site-a to site-b');
  expect(stdout).toMatch(/Groups +2 \(back, shop\)/);
  expect(stderr).toMatch(/tier 0: Fail over "back": completed[\s\S]*tier 1: Fail over "shop": running/);
  expect([servers("site-a"), servers("site-b")]).toEqual([0, 3]);
  expect(await here.read("pg show shop")).toMatchObject({ status: "failed_over", sync_status: "IN SYNC" });
  await here.must("recovery-plan run everything --reprotect --yes --wait");
  const home = await here.read<Operation>("recovery-plan run everything --failback --yes --wait");
  expect(home).toMatchObject({ status: "completed", data_loss_seconds: 0 });
  expect(home.children?.map(({ protection_group_name: name, status }) => [name, status])).toEqual([
    ["back", "completed"],
    ["shop", "completed"],
  ]);
  expect([servers("site-a"), servers("site-b")]).toEqual([3, 0]);
  expect((await here.read<RecoveryPlan>("recovery-plan show everything")).expected_duration_seconds).toBeGreaterThan(0);
});

it("a plan recovers at the site that is left, as it was written before, with the other one lost", async () => {
  here.destroy(here.sites.a);
  const { code, stderr } = await here.run(
    `recovery-plan run everything --unplanned --yes --wait ${FAR} --reason it-has-burnt-down`,
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('tier 1: Fail over "shop": completed') });
  expect(servers("site-b")).toBe(3);
  const shown = await here.run(`recovery-plan show everything ${FAR}`);
  expect(shown.stderr).toContain("site-a does not answer");
});

it("a change while the other site is away is carried by the next command, and the newer version stands", async () => {
  here.destroy(here.sites.a);
  const changed = await here.run(`recovery-plan remove-group everything back ${FAR}`);
  expect(changed).toMatchObject({
    code: 6,
    stderr: expect.stringContaining("The change is made, but site-a does not know it yet"),
  });
  here.restore(here.sites.a);
  const [plan] = await here.read<RecoveryPlan[]>("recovery-plan list");
  expect(plan).toMatchObject({ name: "everything", generation: 2, group_count: 1 });
  await here.must("recovery-plan delete everything");
  expect(await here.read(`recovery-plan list ${FAR}`)).toEqual([]);
});

it("the groups of a run are seen with their operations, and a group's operation names the run", async () => {
  const { id } = await here.read<Operation>("recovery-plan run everything --yes --wait");
  const { stdout } = await here.run(`operation show ${id}`);
  expect(stdout).toMatch(/groups +back: completed, down for \d+s, operation [0-9a-f-]{36}\n +shop: completed/);
  expect(stdout).toContain('planned failover of recovery plan "everything"  completed');
  expect(stdout).toMatch(/done {7}tier 0 {4}1 group/);
  const children = await here.read<Operation[]>("operation list --type failover");
  expect(children.filter(({ parent_id, is_dry_run }) => parent_id === id && !is_dry_run)).toHaveLength(2);
});
