import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openPair } from "../clouds/pair.ts";
import { stopAtFirstFailure } from "../story/chapters.ts";
import { awaitServer, makeWorkload } from "../story/make-workload.ts";
import { openStage } from "../story/open-stage.ts";
import { arrayPolicy, protect, registerTenant } from "../story/protect.ts";
import { TenantApi } from "../story/protector-api.ts";
import type { Stage } from "../story/stage.ts";
import { makeSurroundings } from "../story/surroundings.ts";
import { makeTenancy, type Tenancy } from "../story/tenancy.ts";
import { smallServer } from "../story/workload.ts";
import { pageBlock } from "./install-page.ts";
import { installProtector } from "./install-protector.ts";
import { typeCommands } from "./terminal.ts";

/* The last row of the page's troubleshooting: Cinder's rules are missing at the target site. */

const GROUP = "closed";
const POLICY = "/etc/cinder/policy.yaml";

const pair = openPair();
const target = pair.sites["site-b"];
let stage: Stage;
let tenancy: Tenancy;
let there: TenantApi;
let operationId = "";

beforeAll(async () => {
  await installProtector(pair, () => undefined);
  stage = await openStage();
  tenancy = await makeTenancy(stage, stage.unique("closed"));
  await makeSurroundings(stage, tenancy);
  there = new TenantApi("site-b", tenancy.logins[1]);
}, 600_000);
afterAll(async () => {
  await allowManaging();
  await stage?.close();
});

describe("403 at 'Manage volumes into Cinder'", { timeout: 900_000 }, () => {
  stopAtFirstFailure();

  it("begins with a protected server", async () => {
    const wanted = smallServer("closed-01", 1, stage.image);
    await makeWorkload(stage, tenancy, [wanted]);
    await registerTenant(stage.sites, tenancy);
    const { volumeType } = stage;
    await protect(tenancy, GROUP, { servers: [wanted], policy: arrayPolicy(stage.sites), volumeType });
  });

  it("is what the failover ends with while Cinder leaves managing to administrators, in the step's own words", async () => {
    await target.mustRun(`rm --force ${POLICY}; ${pageBlock("run", "restart-cinder")}`);
    await tenancy.member.tryProtector("failover", GROUP, "--yes", "--wait");
    const listed = await tenancy.member.atTheOtherSite.protector<readonly { id: string; type: string }[]>(
      "operation",
      "list",
      "--protection-group",
      GROUP,
    );
    operationId = listed.find(({ type }) => type === "failover")?.id ?? "";
    const steps = await there.steps(operationId);
    const failed = steps.filter(({ status }) => status === "failed");
    expect(failed).toContainEqual(
      expect.objectContaining({
        title: expect.stringContaining("Manage volumes into Cinder"),
        error: expect.objectContaining({ detail: expect.stringMatching(/manage\S*: HTTP 403/) }),
      }),
    );
    const journal = await target.journal("protector-engine", 400);
    expect(journal).toMatch(/Manage volumes into Cinder[\s\S]*403/);
  });

  it("goes on after the rules are there, without starting over", async () => {
    const before = await there.steps(operationId);
    await allowManaging();
    await tenancy.member.tryProtector("operation", "retry", operationId, "--wait");
    const operation = await there.awaitRest(operationId);
    expect(operation.status).toBe("completed");
    const after = await there.steps(operationId);
    const phases = ["check", "prepare", "quiesce", "final_sync", "switch"];
    const wasDone = before.filter(({ status, phase }) => status === "completed" && phases.includes(phase));
    expect(wasDone.length).toBeGreaterThan(10);
    for (const { key, finished_at } of wasDone)
      expect(after.find((step) => step.key === key)?.finished_at, key).toBe(finished_at);
    const [, site] = stage.sites;
    const list = ["server", "list"];
    const [servers] = await tenancy.member.atTheOtherSite.openstackJson<readonly { ID: string }[]>(list);
    await awaitServer(site.cloud, servers?.[0]?.ID ?? "", "ACTIVE");
  });
});

/** Step 8 of the page at the target site. */
async function allowManaging(): Promise<void> {
  target.writeFile(POLICY, pageBlock("file", POLICY), { mode: 0o640, group: "cinder" });
  await typeCommands(target, pageBlock("run", "restart-cinder"));
}
