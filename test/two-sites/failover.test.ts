import { beforeEach, describe, expect, it } from "vitest";
import { activeGroup } from "../../packages/server/src/api/testing.ts";
import { advanceOperations, type Findings } from "./engine-stand-in.ts";
import { type Harness, openHarness } from "./harness.ts";
import { slowly } from "./slowly.ts";

let harness: Harness;
let findings: Findings;
beforeEach(async () => {
  harness = await openHarness();
  findings = {};
  await activeGroup(harness.sites);
  harness.meanwhile = async () => {
    await advanceOperations(harness.sites.a, findings);
    await advanceOperations(harness.sites.b, findings);
  };
});

async function operations(site: "a" | "b") {
  const rows = await harness.sites[site].database.db.selectFrom("dr_operations").selectAll().execute();
  return rows.filter(({ type }) => type === "failover");
}

async function primaries() {
  const of = async (site: "a" | "b") =>
    (await harness.sites[site].database.db.selectFrom("protection_groups").selectAll().execute())[0]?.primary_site_id;
  return [await of("a"), await of("b")];
}

describe("failover", () => {
  it("plans and starts at the target with the confirmed plan's digest, and tells the source the outcome", async () => {
    const { code, stdout } = await harness.run("failover shop --yes --wait");
    expect(code).toBe(0);
    expect(stdout).toContain('Plan: planned failover of "shop" from site-a to site-b');
    expect(await operations("a")).toMatchObject([{ site_id: harness.sites.b.siteId, is_dry_run: 0 }]);
    const started = (await operations("b")).filter(({ is_dry_run }) => is_dry_run === 0);
    expect(started).toHaveLength(1);
    expect(JSON.parse(started[0]?.parameters ?? "{}")).toMatchObject({ plan_digest: "a".repeat(64) });
    const { b } = harness.sites;
    expect(await primaries()).toEqual([b.siteId, b.siteId]);
    const shown = JSON.parse((await harness.run("protection-group show shop -f json")).stdout);
    expect(shown).toMatchObject({ status: "failed_over", sync_status: "IN SYNC", is_primary_here: true });
  });

  it("shows the plan before it asks, and starts nothing unless `yes` is typed", async () => {
    const asked: string[] = [];
    const { code, stdout, stderr } = await harness.run("failover shop", {
      ask: async (question) => {
        asked.push(question);
        return "y";
      },
    });
    expect(asked).toEqual(['\nStart it? Type "yes" to go on: ']);
    expect(code).toBe(1);
    expect(stderr).toContain("Not confirmed; nothing has been changed.");
    expect(stdout).toMatchInlineSnapshot(`
      "Plan: planned failover of "shop" from site-a to site-b
        Members               1 (11111111-2222-4333-8444-555555555555)
        Expected data loss    none
        Expected duration     2m 05s (by steps as measured in the last one; such predictions were off by 8
                              %, the median of 3 operations)
        Point of no return    Do start

         1  quiesce  1 step
         2  recover  2 steps  (point of no return)

      Warnings (1)
        - web: has runcmd Remedy: drop it
      "
    `);
    expect((await operations("b")).filter(({ is_dry_run }) => is_dry_run === 0)).toEqual([]);
  });

  it("starts when `yes` is typed", async () => {
    const { code } = await harness.run("failover shop --wait", { ask: async () => "yes" });
    expect(code).toBe(0);
  });

  it("wants --yes where nobody can be asked, and plans nothing", async () => {
    const { code, stderr } = await harness.run("failover shop");
    expect(code).toBe(2);
    expect(stderr).toContain("Use --yes");
    expect(await operations("b")).toEqual([]);
  });

  it("shows a dry run's plan as data and starts nothing", async () => {
    const { code, stdout } = await harness.run("failover shop --dry-run -f json");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ digest: "a".repeat(64), expected_duration_seconds: 125 });
    expect(await operations("b")).toMatchObject([{ is_dry_run: 1 }]);
  });

  it("starts nothing over a blocker: exit code 3", async () => {
    findings = { blockers: [{ check: "quota.exceeded", reason: "cores: 4 needed, 2 left" }] };
    const { code, stdout } = await harness.run("failover shop --yes");
    expect(code).toBe(3);
    expect(stdout).toContain("Blockers (1)\n  - shop: cores: 4 needed, 2 left");
    expect((await operations("b")).filter(({ is_dry_run }) => is_dry_run === 0)).toEqual([]);
  });

  it.each([
    ["completed_with_errors", 4],
    ["failed", 1],
  ] as const)("ends %s with exit code %i", async (end, expected) => {
    findings = { end };
    expect((await harness.run("failover shop --yes --wait")).code).toBe(expected);
  });

  it("gives up waiting after --timeout with exit code 5, and the operation can be rejoined", async () => {
    const { meanwhile } = harness;
    const started = async () => (await operations("b")).find(({ is_dry_run }) => is_dry_run === 0);
    harness.meanwhile = async () => {
      if (!(await started())) await meanwhile();
    };
    // The clock of the test jumps at each sleep, so that the limit's sleep ends at once.
    const { code, stderr } = await harness.run("failover shop --yes --wait --timeout 5", { clock: slowly(harness) });
    expect(code).toBe(5);
    expect(stderr).toContain("has not ended within 5s and goes on");
    const { id } = (await started()) ?? { id: "" };
    harness.meanwhile = meanwhile;
    const watched = await harness.run(`operation watch ${id} -f json`);
    expect(watched.code).toBe(0);
    expect(watched.stderr.split("\n").filter((line) => line.includes("planned failover"))).toHaveLength(2);
    expect(JSON.parse(watched.stdout)).toMatchObject({ status: "completed" });
    const { b } = harness.sites;
    expect(await primaries()).toEqual([b.siteId, b.siteId]);
  });

  it("leaves the watch at Ctrl-C without a word to the operation", async () => {
    const interrupt = new AbortController();
    const { meanwhile } = harness;
    let count = 0;
    harness.meanwhile = async () => {
      if ((await operations("b")).some(({ is_dry_run }) => is_dry_run === 0) && ++count === 2)
        interrupt.abort(new Error("interrupted"));
      else if (count === 0) await meanwhile();
    };
    const { code, stderr } = await harness.run("failover shop --yes --wait", { interrupt: interrupt.signal });
    expect(code).toBe(130);
    expect(stderr).toMatch(/Left\. The operation goes on\.\nWatch it with: protector operation watch [0-9a-f-]{36}/);
    expect(harness.requests.filter(({ call }) => call.includes("/operations/*/action"))).toEqual([]);
  });

  it("goes on watching over a site that is silent for a while", async () => {
    let silent = 0;
    harness.fate = ({ call }) => (call.endsWith("/operations/*/steps") && silent++ < 2 ? "unreachable" : undefined);
    expect((await harness.run("failover shop --yes --wait")).code).toBe(0);
    expect(silent).toBeGreaterThan(2);
  });

  it("is told to the source by the next command when the client died after the end", async () => {
    harness.fate = ({ call, site }) => (call.startsWith("PUT") && site === "site-a" ? "killed_before" : undefined);
    expect((await harness.run("failover shop --yes --wait")).code).toBe(1);
    const { a, b } = harness.sites;
    expect(await primaries()).toEqual([a.siteId, b.siteId]);
    harness.fate = () => undefined;
    await harness.run("member list shop");
    expect(await primaries()).toEqual([b.siteId, b.siteId]);
  });

  it("is refused while the source is silent, in the words for a change", async () => {
    harness.fate = ({ site }) => (site === "site-a" ? "unreachable" : undefined);
    const { code, stderr } = await harness.run("failover shop --yes --os-cloud site-b --secondary-cloud site-a");
    expect(code).toBe(6);
    expect(stderr).toContain("remote site unreachable (site-a)");
  });
});

describe("a command whose peer nobody has named", () => {
  const alone = { env: { OS_CLOUD: "site-a" } };

  it("reads from one site, and says what is missing", async () => {
    const shown = await harness.run("protection-group show shop -c name -f value", alone);
    expect(shown).toMatchObject({ code: 0, stdout: "shop\n" });
    expect(shown.stderr).toContain("--secondary-cloud");
    expect((await harness.run("operation list", alone)).code).toBe(0);
  });

  it("changes nothing, and says which option names it", async () => {
    const { code, stderr } = await harness.run("protection-group set shop --description x", alone);
    expect(code).toBe(2);
    expect(stderr).toContain("--secondary-cloud");
  });

  it("finds it by the registered Keystone once the sites are registered with it", async () => {
    const registered = await harness.run("site create --os-cloud admin-a --secondary-cloud admin-b");
    expect(registered).toMatchObject({ code: 0, stderr: "" });
    const shown = await harness.run("protection-group sync-status shop -f value", alone);
    expect(shown).toMatchObject({ code: 0, stdout: "IN SYNC\n" });
  });
});
