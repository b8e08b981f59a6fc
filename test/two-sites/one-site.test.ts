import { beforeEach, describe, expect, it } from "vitest";
import { activeGroup } from "../../packages/server/src/api/testing.ts";
import { advanceOperations } from "./engine-stand-in.ts";
import { type Harness, openHarness } from "./harness.ts";

let harness: Harness;
beforeEach(async () => {
  harness = await openHarness();
  await activeGroup(harness.sites);
  harness.meanwhile = async () => {
    await advanceOperations(harness.sites.a);
    await advanceOperations(harness.sites.b);
  };
  harness.requests.length = 0;
});

async function json(line: string) {
  const { code, stdout, stderr } = await harness.run(`${line} -f json`);
  expect({ line, code, stderr }).toEqual({ line, code: 0, stderr: "" });
  return JSON.parse(stdout);
}

describe("--site", () => {
  it.each([
    "pg list",
    "pg show shop",
    "policy show shop",
    "member list shop",
    "mapping show shop",
    "recovery-point list shop",
    "operation list --protection-group shop",
  ])("asks that site and nobody else: %s", async (line) => {
    await json(`${line} --site site-b`);
    expect(new Set(harness.requests.map(({ site }) => site))).toEqual(new Set(["site-b"]));
  });

  it("shows a group as that site has it, stale or not, and mends nothing", async () => {
    harness.fate = ({ call }) => (call.startsWith("PUT") ? "killed_before" : undefined);
    await harness.run("pg set shop --description new");
    harness.fate = () => undefined;
    expect(await json("pg show shop --site site-a")).toMatchObject({ description: "new", is_primary_here: true });
    expect(await json("pg show shop --site site-b")).toMatchObject({ description: "", is_primary_here: false });
  });

  it("works while the other site is silent, without a warning", async () => {
    harness.fate = ({ site }) => (site === "site-a" ? "unreachable" : undefined);
    expect(await json("pg list --site site-b")).toMatchObject([{ name: "shop" }]);
    expect(await json("operation list --site site-b")).toMatchObject([{ type: "group_create", site: "site-a" }]);
  });

  it("takes the name under which the site is registered, too", async () => {
    const { db } = harness.sites.a.database;
    await db.updateTable("sites").set({ name: "berlin" }).where("id", "=", harness.sites.b.siteId).execute();
    const auth_url = harness.sites.world.cloud("site-b").authUrl;
    await db.updateTable("sites").set({ auth_url }).where("id", "=", harness.sites.b.siteId).execute();
    expect(await json("pg show shop --site berlin")).toMatchObject({ is_primary_here: false });
  });

  it("names the sites there are when there is no such site: exit code 1", async () => {
    const { code, stderr } = await harness.run("pg list --site nowhere");
    expect(code).toBe(1);
    expect(stderr).toContain('No cloud "nowhere" is described, and no site of that name is registered at site-a.');
    expect(stderr).toContain("code site.not_found");
  });
});

describe("the operations of both sites", () => {
  it("are one list that says where each ran", async () => {
    await harness.run("pg replicate shop --wait");
    await harness.run("failover shop --yes --wait");
    const { stdout } = await harness.run("operation list -f csv -c type -c is_dry_run -c site");
    expect(stdout.trim().split("\n").sort()).toEqual([
      "failover,no,site-b",
      "failover,yes,site-b",
      "group_create,no,site-a",
      "sync,no,site-a",
      "type,is_dry_run,site",
    ]);
  });

  it("say where they ran when that site is silent: it is known from the history", async () => {
    await harness.run("failover shop --yes --wait");
    harness.fate = ({ site }) => (site === "site-b" ? "unreachable" : undefined);
    const { stdout, stderr } = await harness.run("operation list -f csv -c type -c site");
    expect(stderr).toContain("site-b does not answer: its operations may be missing.");
    expect(stdout.trim().split("\n").toSorted()).toEqual(["failover,site-b", "group_create,site-a", "type,site"]);
  });
});
