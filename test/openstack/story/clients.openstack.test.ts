import { join } from "node:path";
import type { Operation } from "@protector/contract";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stopAtFirstFailure } from "./chapters.ts";
import { type MadeServer, makeWorkload } from "./make-workload.ts";
import { namedClouds } from "./named-clouds.ts";
import { openStage } from "./open-stage.ts";
import { arrayPolicy, protect, registerTenant } from "./protect.ts";
import type { Stage } from "./stage.ts";
import { makeSurroundings } from "./surroundings.ts";
import { makeTenancy, type Tenancy } from "./tenancy.ts";
import { blankServer } from "./workload.ts";

/*
 * Both clients on real clouds: the commands of openstackclient under both names with its own options of output, and what
 * the program has beside the commands of the story.
 */

const GROUP = "desk";
const OTHER_GROUP = "attic";

let stage: Stage;
let tenancy: Tenancy;
let server: MadeServer;

beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

// It needs a host on which plugin and program are where the page puts them.
describe.skipIf(namedClouds() !== undefined)("clients on real clouds", { timeout: 900_000 }, () => {
  stopAtFirstFailure();

  it("begin with a protected server and a group without one", async () => {
    tenancy = await makeTenancy(stage, stage.unique("desk"));
    await makeSurroundings(stage, tenancy);
    const [made] = await makeWorkload(stage, tenancy, [blankServer("desk-01", 1)]);
    if (!made) throw new Error("no server");
    server = made;
    await registerTenant(stage.sites, tenancy);
    const { volumeType } = stage;
    await protect(tenancy, GROUP, { servers: [server.wanted], policy: arrayPolicy(stage.sites), volumeType });
    await tenancy.member.protector("protection-group", "create", OTHER_GROUP);
  });

  it.each(["protector", "dr"])("answer as `openstack %s` in the formats of openstackclient", async (noun) => {
    const status = await openstack(noun, "protection-group", "sync-status", GROUP);
    expect(status).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Sync Status: IN SYNC\n\n\+/) });
    const value = await openstack(noun, "protection-group", "sync-status", GROUP, "-f", "value", "-c", "status");
    expect(value).toMatchObject({ code: 0, stdout: "IN SYNC\n" });
    const shown = await openstack(noun, "protection-group", "show", GROUP, "-f", "json");
    expect(JSON.parse(shown.stdout)).toMatchObject({ name: GROUP, protection: "protected", member_count: 1 });
    const list = [noun, "protection-group", "list", "--sort-column", "name", "-f", "value", "-c", "name"];
    expect(await openstack(...list)).toMatchObject({ code: 0, stdout: `${OTHER_GROUP}\n${GROUP}\n` });
    expect((await openstack(...list, "--sort-descending")).stdout).toBe(`${GROUP}\n${OTHER_GROUP}\n`);
    const missing = await openstack(noun, "protection-group", "show", "nope");
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining("code protection_group.not_found") });
  });

  it("explain themselves in openstack help", async () => {
    const overview = await openstack("help", "protector");
    expect(overview.stdout).toMatch(/^protection-group: protection groups\n {2}protection-group create {2,}\w/m);
    const one = await openstack("help", "dr", "protection-group", "sync-force");
    expect(one.stdout).toMatch(/^usage: openstack dr protection-group sync-force/);
  });

  it("say what to install where the program is missing", async () => {
    const { code, stderr } = await type(["openstack", "--os-cloud", near(), "dr", "site", "list"], {
      PATH: "/usr/bin:/bin",
    });
    expect(code).toBe(1);
    expect(stderr).toContain('Install the Debian package "protector"');
    expect(stderr).not.toContain("Traceback");
  });

  it("find a workstation without an error", async () => {
    const checked = await type(["protector", "doctor", "-f", "json"]);
    const checks = JSON.parse(checked.stdout) as readonly { check: string; result: string; site: string }[];
    expect(checks.filter(({ result }) => result === "error")).toEqual([]);
    for (const { name } of stage.sites)
      expect(checks).toContainEqual(expect.objectContaining({ check: "api", site: name }));
    expect(checked.code).toBe(0);
  });

  it("look at one site alone", async () => {
    const [, { name }] = stage.sites;
    const alone = await type(["protector", "protection-group", "list", "--site", name, "-f", "value", "-c", "name"]);
    expect(alone).toMatchObject({ code: 0 });
    expect(alone.stdout.split("\n").filter(Boolean).sort()).toEqual([OTHER_GROUP, GROUP]);
  });

  it("complete the names that the site has", async () => {
    const names = await type(["protector", "complete-words", "--", "failover", ""]);
    expect(names.stdout.split("\n").map((line) => line.split("\t")[0])).toEqual(expect.arrayContaining([GROUP]));
    const servers = await type(["protector", "complete-words", "--", "member", "add", GROUP, ""]);
    expect(servers.stdout).toContain("desk-01");
  });

  it("run exactly the plan that was saved, and no other", async () => {
    const file = join(stage.shell.folder, `${tenancy.name}.plan`);
    const planned = await type(["protector", "failover", GROUP, "--dry-run", "--plan-file", file]);
    expect(planned).toMatchObject({ code: 0, stdout: expect.stringContaining("desk-01") });
    const later = ["protector", "failover", GROUP, "--plan-file", file, "--yes", "--wait", "-f", "json"];
    await tenancy.member.protector("member", "set", GROUP, "desk-01", "--tier", "1");
    const refused = await type(later);
    expect(refused).toMatchObject({ code: 3, stdout: "" });
    expect(refused.stderr).toContain("plan.changed");
    await type(["protector", "failover", GROUP, "--dry-run", "--plan-file", file]);
    const done = await type(later);
    expect(JSON.parse(done.stdout) as Operation).toMatchObject({ type: "failover", status: "completed" });
  });
});

function near(): string {
  return stage.sites[0].name;
}

/** `openstack --os-cloud SITE …` as the tenant's member types it. */
function openstack(...words: readonly string[]) {
  return type(["openstack", "--os-cloud", near(), ...words]);
}

function type(words: readonly string[], more: Readonly<Record<string, string>> = {}) {
  const [, { name: far }] = stage.sites;
  const file = join(stage.shell.folder, `${tenancy.name}.yaml`);
  const env = { OS_CLIENT_CONFIG_FILE: file, OS_CLOUD: near(), OS_SECONDARY_CLOUD: far, ...more };
  return stage.shell.run(words, { env });
}
