import type { Operation, ProtectionGroup, RecoveryPoint } from "@protector/contract";
import { afterEach, beforeEach, expect, it } from "vitest";
import { protectShop } from "./protected-shop.ts";
import { openWorkingSites, type WorkingSites } from "./working-sites.ts";

const REASON = "the fire brigade says that site A is gone";

let here: WorkingSites;
beforeEach(async () => {
  here = await openWorkingSites();
  await protectShop(here);
});
afterEach(() => here.stop());

async function must(...lines: readonly string[]): Promise<void> {
  for (const line of lines) {
    const { code, stderr } = await here.run(line);
    expect({ line, code, stderr: code === 0 ? "" : stderr }).toEqual({ line, code: 0, stderr: "" });
  }
}

/** A person at the terminal who types these, one after the other. */
function typing(...answers: readonly string[]) {
  const asked: string[] = [];
  return { asked, host: { ask: async (question: string) => answers[asked.push(question) - 1] ?? "" } };
}

const serversAt = (site: "site-a" | "site-b") =>
  here.sites.world
    .cloud(site)
    .describe()
    .servers.map(({ name, status }) => `${name} ${status}`)
    .sort();

it("with the whole site lost: asks why, shows loss and point, wants the group's name, and recovers", async () => {
  await must("test-failover shop --yes --wait --auto-cleanup");
  // A clean-up that is not through yet would give way to the failover.
  await here.until("the test is cleaned up", async () => {
    const tests = await here.read<readonly Operation[]>("operation list --type test_cleanup");
    return tests.some(({ status }) => status === "completed");
  });
  here.destroy(here.sites.a);
  const person = typing(REASON, "shop");
  const { code, stdout, stderr } = await here.run("failover shop --unplanned --wait", person.host);
  expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
  expect(person.asked).toEqual([
    expect.stringContaining("Why is it safe to go on without a fence?"),
    expect.stringContaining('Type the group\'s name ("shop") to start it'),
  ]);
  expect(stdout).toContain('Plan: unplanned failover of "shop" from site-a to site-b');
  expect(stdout).toMatch(/Expected data loss {4}\d+/);
  expect(stdout.replaceAll(/\s+/g, " ")).toMatch(
    /Recovery point protector-\S+, cut \S+ \(.* ago\), proven by a test at/,
  );
  expect(stdout.replaceAll(/\s+/g, " ")).toContain(`Going on all the same: ${REASON}`);
  expect(serversAt("site-b")).toEqual(["db-01 ACTIVE", "web-01 ACTIVE"]);
  const [operation] = await here.read<readonly Operation[]>(
    "operation list --os-cloud site-b --secondary-cloud site-a",
  );
  expect(operation).toMatchObject({ type: "failover", mode: "unplanned", status: "completed" });
  expect(operation?.data_loss_seconds).toBeGreaterThan(0);
});

it("is blocked with exit code 3 where nobody can be asked why, and starts nothing", async () => {
  here.destroy(here.sites.a);
  const { code, stdout } = await here.run("failover shop --unplanned --yes --wait");
  expect(code).toBe(3);
  expect(stdout.replaceAll(/\s+/g, " ")).toContain(
    "Neither Nova nor the array of site-a answers: nothing keeps its servers from writing, if they run. Remedy:",
  );
  expect(serversAt("site-b")).toEqual([]);
});

it("does nothing unless the group's name is typed", async () => {
  here.destroy(here.sites.a);
  const person = typing("yes");
  const { code, stderr } = await here.run(`failover shop --unplanned --reason "${REASON}"`, person.host);
  expect(code).toBe(1);
  expect(stderr).toContain("Not confirmed; nothing has been changed.");
  expect(serversAt("site-b")).toEqual([]);
});

it("with the source fully alive: its servers are stopped first, the point can be chosen, and the sites agree afterwards", async () => {
  const points = await here.read<readonly RecoveryPoint[]>("recovery-point list shop");
  const oldest = points.at(-1)?.name;
  const ended = await here.read<Operation>(`failover shop --unplanned --point ${oldest} --yes --wait`);
  expect(ended).toMatchObject({ status: "completed", mode: "unplanned", recovery_point: oldest, leftovers: [] });
  expect(serversAt("site-a").filter((server) => /^(db|web)-01/.test(server))).toEqual([
    "db-01 SHUTOFF",
    "web-01 SHUTOFF",
  ]);
  expect(serversAt("site-b")).toEqual(["db-01 ACTIVE", "web-01 ACTIVE"]);
  expect(await here.read("pg show shop")).toMatchObject({ status: "failed_over", sync_status: "IN SYNC" });
});

it("refuses a point that is not kept, and options that belong to it without it", async () => {
  const { code, stdout, stderr } = await here.run("failover shop --unplanned --point never-cut --yes --wait");
  expect(code).toBe(3);
  expect(`${stdout}${stderr}`.replaceAll(/\s+/g, " ")).toContain("There is no recovery point never-cut at site-b");
  expect(await here.run("failover shop --point never-cut --yes")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("--point and --reason go with --unplanned."),
  });
});

it("stops the old servers when their site comes back, before any command, and the next command makes the sites agree", async () => {
  here.destroy(here.sites.a);
  await must(`failover shop --unplanned --reason "${REASON}" --yes --wait`);
  here.restore(here.sites.a);
  const old = () => serversAt("site-a").filter((server) => /^(db|web)-01/.test(server));
  expect(old()).toEqual(["db-01 ACTIVE", "web-01 ACTIVE"]);
  const from = here.sites.clock.now();
  await here.until("the old servers to be stopped", async () => old().join() === "db-01 SHUTOFF,web-01 SHUTOFF");
  expect(here.sites.clock.now() - from).toBeLessThan(75_000);
  expect(serversAt("site-b")).toEqual(["db-01 ACTIVE", "web-01 ACTIVE"]);
  await must("member list shop");
  await here.until("both sites to say the same", async () => {
    const shop = await here.read<ProtectionGroup>("pg show shop");
    return shop.status === "failed_over" && shop.sync_status === "IN SYNC";
  });
  await here.until("nothing to be owed", async () => {
    const [operation] = await here.read<readonly Operation[]>("operation list --type failover");
    return operation?.leftovers.length === 0;
  });
});

it("needs no more than the cloud of the surviving site, and says so where only the lost one is named", async () => {
  here.destroy(here.sites.a);
  const lost = await here.run(`failover shop --unplanned --reason "${REASON}" --yes`, { env: { OS_CLOUD: "site-a" } });
  expect(lost).toMatchObject({ code: 6, stdout: "" });
  expect(lost.stderr).toContain("If site-a is the site that is lost, ask the other one: protector --os-cloud OTHER");
  const { code, stderr } = await here.run(`failover shop --unplanned --reason "${REASON}" --yes --wait`, {
    env: { OS_CLOUD: "site-b" },
  });
  expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
  expect(serversAt("site-b")).toEqual(["db-01 ACTIVE", "web-01 ACTIVE"]);
});

it("a server that was taken out of the group just before is left alone, though the other site has not heard of it yet", async () => {
  await must("member remove shop web-01 --no-wait");
  await here.clock.advance(60_000);
  await must(`failover shop --unplanned --reason "${REASON}" --yes --wait`);
  expect(serversAt("site-a")).toContain("web-01 ACTIVE");
  expect(serversAt("site-b")).toEqual(["db-01 ACTIVE"]);
});
