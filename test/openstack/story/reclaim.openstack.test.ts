import type { Operation, ProtectionGroup } from "@protector/contract";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stopAtFirstFailure } from "./chapters.ts";
import { statesOf } from "./check-recovery.ts";
import { startControlPlane, stopControlPlane } from "./control-plane.ts";
import { awaitServer, type MadeServer, makeWorkload } from "./make-workload.ts";
import { namedClouds } from "./named-clouds.ts";
import { openStage } from "./open-stage.ts";
import { arrayPolicy, protect, registerTenant, siteIdOf } from "./protect.ts";
import { TenantApi } from "./protector-api.ts";
import type { Stage } from "./stage.ts";
import { makeSurroundings } from "./surroundings.ts";
import { makeTenancy, type Tenancy } from "./tenancy.ts";
import { smallServer } from "./workload.ts";

const GROUP = "till";

let stage: Stage;
let tenancy: Tenancy;
let server: MadeServer;
let operation: Operation;

beforeAll(async () => {
  stage = await openStage();
});
afterAll(async () => {
  const { machine } = stage.sites[1];
  if (machine) await startControlPlane(machine);
  await stage.close();
});

// It needs clouds that may be stopped.
describe.skipIf(namedClouds() !== undefined)(
  "reclaim, with the target's control plane stopped after the quiesce",
  () => {
    stopAtFirstFailure();

    it("begins with a protected server", async () => {
      tenancy = await makeTenancy(stage, stage.unique("till"));
      await makeSurroundings(stage, tenancy);
      const [made] = await makeWorkload(stage, tenancy, [smallServer("till-01", 1, stage.image)]);
      if (!made) throw new Error("no server");
      server = made;
      await registerTenant(stage.sites, tenancy);
      const options = { servers: [server.wanted], policy: arrayPolicy(stage.sites), volumeType: stage.volumeType };
      await protect(tenancy, GROUP, options);
    });

    it("loses the second site when the server has been stopped", async () => {
      const { machine, name } = stage.sites[1];
      if (!machine) throw new Error("no machine");
      operation = JSON.parse(
        (await tenancy.member.tryProtector("failover", GROUP, "--yes", "--no-wait", "-f", "json")).stdout,
      );
      const there = new TenantApi(name, tenancy.logins[1]);
      await there.awaitStep(
        operation.id,
        ({ phase, status, key }) => phase === "quiesce" && key.startsWith("stop.") && status === "completed",
        "the server was not stopped",
      );
      await stopControlPlane(machine);
      expect(await statesOf(tenancy.admin, [server.id])).toMatchObject([{ status: "SHUTOFF", isLocked: true }]);
    });

    it("brings the server back at the first site with nothing of the second", async () => {
      const reclaimed = await tenancy.member.protector<Operation>("reclaim", GROUP, "--yes");
      expect(reclaimed).toMatchObject({ type: "reclaim", status: expect.stringMatching(/^completed/) });
      await awaitServer(stage.sites[0].cloud, server.id, "ACTIVE");
      expect(await statesOf(tenancy.admin, [server.id])).toEqual([{ status: "ACTIVE", isLocked: false, reason: null }]);
      await tenancy.member.openstack(["server", "reboot", server.id]);
    });

    it("ends the failover as superseded when the second site is back, and leaves nothing there", async () => {
      const { machine, name } = stage.sites[1];
      if (!machine) throw new Error("no machine");
      await startControlPlane(machine);
      const there = new TenantApi(name, tenancy.logins[1]);
      const ended = await there.awaitRest(operation.id);
      expect(ended.status).toBe("superseded");
      await there.awaitNothingLeft();
      const group = await tenancy.member.protector<ProtectionGroup>("protection-group", "show", GROUP);
      expect(group).toMatchObject({
        status: "active",
        primary_site_id: await siteIdOf(tenancy, stage.sites[0].name),
      });
    });
  },
);
