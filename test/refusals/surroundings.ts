import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SURROUNDINGS_ERRORS } from "../../packages/contract/src/error-catalogue-surroundings.ts";
import { connectionLost, type DatabaseAddress } from "../../packages/server/src/db/unavailable.ts";
import type { FaultRule } from "../../packages/simulator/src/index.ts";
import { openHarness } from "../two-sites/harness.ts";
import type { WorkingSites } from "../two-sites/working-sites.ts";
import { apis, type Provocations, shown, sites } from "./provocation.ts";

const REPLICATE = "pg replicate shop";
const FAILOVER = "failover shop --yes";

/** An operation after something outside has begun to fail. */
const struck =
  (rule: FaultRule, line: string, ...statuses: readonly string[]) =>
  (here: WorkingSites) => {
    here.sites.world.conditions.inject(rule);
    return shown(here, line, ...statuses);
  };

const refuse = (status: number, body: unknown) => ({ kind: "refuse", status, body }) as const;
const ofArray = (message: string) => ({ errors: [{ message, context: "protector" }] });

/** A plan names everything that stands in its way. */
const PLAN = { shared: "plan" };

export const SURROUNDINGS: Provocations<keyof typeof SURROUNDINGS_ERRORS> = {
  "storage.refused": sites(
    struck(
      { service: "array-a", method: "POST", path: /snapshots/, fault: refuse(400, ofArray("Out of snapshots.")) },
      REPLICATE,
      "failed",
    ),
    0,
    "Out of snapshots.",
  ),
  "storage.unreachable": sites(
    struck({ service: "array-a", fault: { kind: "unreachable" } }, REPLICATE, "waiting"),
    0,
    "flasharray",
  ),
  "storage.credentials": sites(
    struck({ service: "array-a", fault: refuse(401, ofArray("Invalid API token.")) }, REPLICATE, "failed"),
    0,
    "Invalid API token.",
  ),
  "storage.not_connected": sites(
    async ({ sites: { world } }) => {
      for (const link of world.links) link.isUp = false;
      return "failover shop --dry-run";
    },
    3,
    "site-a: The replication link between the arrays is down",
    PLAN,
  ),
  "storage.volume_connected": sites(
    async (here) => {
      const { conditions } = here.sites.world;
      const { model } = here.sites.world.array("array-b");
      // The array makes the clone and does not say so; before it is found, somebody has connected it.
      conditions.inject({
        service: "array-b",
        method: "POST",
        path: /volumes$/,
        when: ({ query }) => query.toString().includes("-l1"),
        fault: { kind: "lost_answer" },
        times: 1,
      });
      const connect = () => {
        for (const { name, hosts } of model.describe().volumes)
          if (/^protector-.*-l1$/.test(name) && hosts.length === 0) model.connect(name, "somebody");
        return false;
      };
      const hook: FaultRule = { service: "array-b", method: "GET", when: connect, fault: { kind: "unreachable" } };
      return struck(hook, FAILOVER, "failed", "completed_with_errors", "completed")(here);
    },
    0,
    "is connected to a host",
  ),
  "storage.no_data": sites(
    (here) => shown(here, "test-failover shop --yes", "failed", "completed_with_errors", "completed"),
    0,
    "The mock array cannot recover bootable",
    { mockDirectory: mkdtempSync(join(tmpdir(), "protector-refusals-")) },
  ),
  "cloud.refused": sites(
    struck(
      {
        service: "site-a/cinder",
        method: "GET",
        path: /volumes/,
        fault: refuse(400, { badRequest: { code: 400, message: "Bad filter." } }),
      },
      "member add shop app-01",
      "failed",
    ),
    0,
    "Bad filter.",
  ),
  "cloud.unreachable": sites(
    struck({ service: "site-a/cinder", fault: { kind: "unreachable" } }, "member add shop app-01", "waiting"),
    0,
    "cinder",
  ),
  "cloud.forbidden": sites(
    struck(
      {
        service: "site-a/cinder",
        method: "GET",
        path: /volumes/,
        fault: refuse(403, { forbidden: { code: 403, message: "Policy doesn't allow volume:get_all." } }),
      },
      "member add shop app-01",
      "failed",
    ),
    0,
    "Policy doesn't allow volume:get_all.",
  ),
  "cloud.credentials": sites(
    async ({ sites: { world } }) => {
      const admin = world.cloud("site-a").identity.userNamed("admin", "default");
      if (admin) Object.assign(admin, { password: "changed" });
      return "failover shop --dry-run";
    },
    3,
    /keystone POST \/auth\/tokens: HTTP 401 from 127\.0\.0\.11/,
  ),
  "cloud.server_error": sites(
    async (here) => {
      const { compute } = here.sites.world.cloud("site-b");
      return struck(
        {
          service: "site-b/nova",
          method: "GET",
          when: () => {
            for (const server of compute.servers.values())
              if (server.vmState === "building") {
                const fault = { code: 500, message: "Build of instance aborted", at: here.clock.now() };
                Object.assign(server, { vmState: "error", taskState: null, fault });
              }
            return false;
          },
          fault: { kind: "unreachable" },
        },
        FAILOVER,
        "failed",
        "completed_with_errors",
      )(here);
    },
    0,
    "Build of instance aborted",
  ),
  "cloud.volume_error": sites(
    async (here) => {
      const { volumes } = here.sites.world.cloud("site-b");
      return struck(
        {
          service: "site-b/cinder",
          method: "GET",
          when: () => {
            for (const volume of volumes.volumes.values()) volume.status = "error_managing";
            return false;
          },
          fault: { kind: "unreachable" },
        },
        FAILOVER,
        "failed",
        "completed_with_errors",
      )(here);
    },
    0,
    "Cinder could not make",
  ),
  "step.timed_out": sites(
    async (here) => {
      const cloud = here.sites.world.cloud("site-a");
      cloud.compute.durations = { ...cloud.compute.durations, stopMs: 86_400_000 } as never;
      return shown(here, FAILOVER, "waiting", "failed", "completed");
    },
    0,
    "Stop web-01",
  ),
  "secrets.unavailable": apis(
    async (harness) => {
      const { db } = harness.sites.a.database;
      await db.updateTable("secrets").set({ key_id: "of-another-host" }).where("purpose", "=", "array_token").execute();
      return "pg sync-force shop";
    },
    1,
    "this host's key repository has only",
  ),
  "database.unavailable": {
    ends: 1,
    says: "The database of this site does not answer",
    provoke: async () => {
      let failure: Error | undefined;
      const harness = await openHarness(async () => {
        if (failure) throw failure;
      });
      const address = { host: "db", port: 3306, user: "protector", database: "protector" };
      failure = connectionLost(address as DatabaseAddress, new Error("ECONNRESET"));
      return harness.run("pg list");
    },
  },
  internal: apis(
    (harness) =>
      harness.run("pg list", {
        transport: async (request) =>
          request.url.includes(":8788") ? { status: 200, headers: {}, body: "<html>" } : harness.transport(request),
      }),
    1,
    "site-a answered with something that is not JSON",
  ),
};
