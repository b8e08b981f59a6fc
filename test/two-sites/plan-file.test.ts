import type { Operation, Plan } from "@protector/contract";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { protectShop } from "./shop.ts";
import { openWorkingSites, type WorkingSites } from "./working-sites.ts";

let here: WorkingSites;
beforeEach(async () => {
  here = await openWorkingSites();
  await protectShop(here, { members: ["db-01"], testType: "plain" });
});
afterEach(() => here.stop());

/** Failovers that are more than a look, as the database of site B has them. */
function failovers() {
  const { db } = here.sites.b.connection;
  return db
    .selectFrom("dr_operations")
    .selectAll()
    .where("type", "=", "failover")
    .where("is_dry_run", "=", 0)
    .execute();
}

describe("--plan-file", () => {
  it("runs the plan that was saved, and that one exactly", async () => {
    const shown = await here.run("failover shop --dry-run --plan-file shop.plan");
    expect(shown.code).toBe(0);
    expect(shown.stderr).toContain("The plan is in shop.plan");
    expect(await failovers()).toEqual([]);
    const done = await here.read<Operation>("failover shop --plan-file shop.plan --yes --wait");
    expect(done).toMatchObject({ status: "completed", plan: { digest: expect.stringMatching(/^[0-9a-f]{64}$/) } });
    const [row] = await failovers();
    expect(JSON.parse(row?.parameters ?? "")).toEqual({ plan_digest: done.plan?.digest });
  });

  it("starts nothing when the world's plan is another by now, and names what is different: exit code 3", async () => {
    await here.must("failover shop --dry-run --plan-file shop.plan", "member add shop web-01 --wait");
    const { code, stderr } = await here.run("failover shop --plan-file shop.plan --yes --wait");
    expect(code).toBe(3);
    expect(stderr).toContain("code plan.changed");
    expect(stderr).toContain(
      "Nothing has been started: the plan of now is not the one that was saved at 2026-01-05T08:",
    );
    expect(stderr).toMatch(/New in it: .*web-01/);
    expect(await failovers()).toEqual([]);
  });

  it("keeps what a test failover was asked for, its recovery point above all", async () => {
    await here.must("test-failover shop --dry-run --suffix -drill --plan-file drill.plan", "pg replicate shop --wait");
    const { plan } = JSON.parse(here.files.get("drill.plan") ?? "") as { plan: Plan };
    const later = await here.read<Plan>("test-failover shop --dry-run");
    expect(later.recovery_point).not.toBe(plan.recovery_point);
    const done = await here.read<Operation>("test-failover shop --plan-file drill.plan --yes --wait");
    expect(done).toMatchObject({ status: "completed", recovery_point: plan.recovery_point });
    const servers = [...here.sites.world.cloud("site-b").compute.servers.values()];
    expect(servers.map(({ name }) => name)).toEqual(["db-01-drill"]);
  });

  it.each([
    ["failover shop --plan-file none.plan --yes", "No file none.plan. Save a plan first"],
    ["test-failover shop --plan-file shop.plan --yes", 'holds a plan for "protector failover"'],
    ["failover other --plan-file shop.plan --yes", 'holds a plan for "shop", not for "other"'],
    ["failover shop --dry-run --plan-file letter.txt", "is no plan of protector; it is left as it is"],
    ["reclaim shop --plan-file reclaim.plan --site site-b --yes", "holds a plan with other options"],
  ])("is wrong usage in: %s", async (line, text) => {
    await here.must(
      "pg create other",
      "failover shop --dry-run --plan-file shop.plan",
      "reclaim shop --dry-run --plan-file reclaim.plan",
    );
    here.files.set("letter.txt", "Dear Sir or Madam");
    const { code, stderr } = await here.run(line);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(text) });
    expect(here.files.get("letter.txt")).toBe("Dear Sir or Madam");
    expect(await failovers()).toEqual([]);
  });
});

describe("--idempotency-key", () => {
  it("lets a command that is repeated find what it has started: nothing is started twice", async () => {
    const line = "failover shop --yes --wait --idempotency-key night-42";
    const first = await here.read<Operation>(line);
    const again = await here.run(`${line} -f json`);
    expect(again.code).toBe(0);
    expect(again.stderr).toContain(`The key night-42 has started operation ${first.id} already`);
    expect(JSON.parse(again.stdout)).toMatchObject({ id: first.id, status: "completed" });
    expect(await failovers()).toHaveLength(1);
  });

  it("waits with a command that is repeated while the first one still works", async () => {
    const line = "failover shop --yes --idempotency-key night-42";
    const { id } = await here.read<Operation>(`${line} --no-wait`);
    expect(await here.read(`${line} --wait`)).toMatchObject({ id, status: "completed" });
  });

  it("is refused for another request: exit code 3, and what it has started is named", async () => {
    await here.must("test-failover shop --yes --wait --idempotency-key night-42");
    const { code, stderr } = await here.run("failover shop --yes --idempotency-key night-42");
    expect(code).toBe(3);
    expect(stderr).toContain("code request.idempotency_conflict");
    expect(stderr).toContain("it has started test_failover");
    expect(await failovers()).toEqual([]);
  });

  it("makes one member and one operation per server", async () => {
    const line = "member add shop app-01 web-01 --wait --idempotency-key night-42";
    const first = await here.read<Operation[]>(line);
    const again = await here.read<Operation[]>(line);
    expect(again.map(({ id }) => id)).toEqual(first.map(({ id }) => id));
    expect(await here.read("member list shop")).toHaveLength(3);
  });
});
