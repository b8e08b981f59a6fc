import type { ProtectionGroup } from "@protector/contract";
import { expect } from "vitest";
import type { OPERATION_ERRORS } from "../../packages/contract/src/error-catalogue-operations.ts";
import { send } from "../../packages/server/src/api/testing.ts";
import { seedServer } from "../../packages/simulator/src/index.ts";
import type { Marker } from "../../packages/storage/src/index.ts";
import { advanceOperations, type Findings } from "../two-sites/engine-stand-in.ts";
import type { Harness } from "../two-sites/harness.ts";
import { protectShop } from "../two-sites/shop.ts";
import type { WorkingSites } from "../two-sites/working-sites.ts";
import { arrayAt } from "../watches/watched-site.ts";
import { KEPT, keepSomething } from "./kept.ts";
import { AT_B, answered, apis, type Provocations, shown, sites } from "./provocation.ts";

const NOBODY = "99999999-9999-4999-8999-999999999999";
const DRY = "failover shop --dry-run";

/** Lets stand-ins of the engines work while the command waits. */
function withEngines(harness: Harness, findings: Findings = {}): void {
  harness.meanwhile = async () => {
    await advanceOperations(harness.sites.a, findings);
    await advanceOperations(harness.sites.b, findings);
  };
}

/** A failover's plan when the marker on the target's array is another one; undefined = it is gone. */
const marked = (change: (stands: Marker) => Marker | undefined) => async (here: WorkingSites) => {
  const { id } = await here.read<ProtectionGroup>("pg show shop");
  const array = arrayAt(here.sites, "array-b");
  const stands = await here.clock.run(array.readMarker(id));
  if (!stands) throw new Error("there is no marker");
  const wanted = change(stands);
  await here.clock.run<unknown>(wanted ? array.swapMarker(stands, wanted) : array.destroyMarker(id));
  return DRY;
};

/** A plan names everything that stands in its way. */
const PLAN = { shared: "plan" };

export const OPERATIONS: Provocations<keyof typeof OPERATION_ERRORS> = {
  "recovery_point.none": sites(
    async (here) => {
      for (const link of here.sites.world.links) link.stallAtProgress = 0.5;
      await here.must(
        "pg create shop",
        "mapping set shop --volume-type replicated=replicated",
        "policy create shop --primary-backend array-a --secondary-backend array-b --wait",
        "member add shop db-01 --wait",
      );
      return "test-failover shop --dry-run";
    },
    3,
    "No recovery point of shop is complete at site-b",
    { isNew: true },
  ),
  "recovery_point.gone": sites(
    "test-failover shop --dry-run --point monday",
    3,
    "no recovery point monday at site-b",
    PLAN,
  ),
  "plan.changed": sites(
    async (here) => {
      await here.must("failover shop --dry-run --plan-file plan.json", "member set shop web-01 --tier 7");
      return "failover shop --plan-file plan.json --yes";
    },
    3,
    "plan",
  ),
  "plan.unanswered": sites(
    ({ sites: { world } }) => {
      world.conditions.inject({ service: "array-a", fault: { kind: "unreachable" } });
      return Promise.resolve(DRY);
    },
    1,
    /The array at site-a does not answer since 20\d\d-\S+Z, so that no plan could be made: flasharray GET /,
  ),
  "quota.exceeded": sites(
    async ({ sites: { world, b } }) => {
      world.cloud("site-b").compute.limitsOf(b.projectId).cores = 1;
      return DRY;
    },
    3,
    /site-b: .*needs 3 cores; project \S+ has 1 left of 1/,
  ),
  "capacity.unavailable": sites(
    async ({ sites: { world } }) => {
      for (const host of world.cloud("site-b").compute.hosts) host.vcpus = 1;
      return DRY;
    },
    3,
    /site-b: No host at site-b has room now for even one server of flavor m1.medium/,
  ),
  "address.taken": sites(
    async ({ sites: { world, b } }) => {
      const { tenant } = b;
      seedServer(world.cloud("site-b"), {
        name: "squatter",
        owner: { project: tenant.project, user: tenant.user },
        flavor: tenant.basics.flavors.small,
        disks: [{ name: "squatter-root", sizeGiB: 1, type: tenant.basics.plain }],
        nics: [{ on: tenant.back, address: "10.20.0.31" }],
      });
      return DRY;
    },
    3,
    /db-01: 10.20.0.31 is held by \S+ on network demo-back \(\S+\) at site-b/,
  ),
  "peer.unreachable": apis(
    async (harness) => {
      harness.fate = ({ site }) => (site === "site-b" ? "unreachable" : undefined);
      return "pg set shop --name other";
    },
    6,
    "Cannot modify protection group - remote site unreachable (site-b)",
  ),
  "peer.not_lost": apis(
    "pg delete shop --peer-lost --reason no-longer-there",
    3,
    'site-b, the other site of protection group "shop", answers',
  ),
  "sync.untrusted": apis(
    async (harness) => {
      const { a, b } = harness.sites;
      const keys = await b.database.db
        .selectFrom("sites")
        .selectAll()
        .where("id", "=", b.siteId)
        .executeTakeFirstOrThrow();
      const { signing_public_key } = keys;
      await b.database.db.updateTable("sites").set({ signing_public_key }).where("id", "=", a.siteId).execute();
      return "pg sync-force shop";
    },
    1,
    "site-b",
  ),
  "sync.stale": apis(
    async (harness) => {
      const { a, b } = harness.sites;
      const { id } = await a.database.db.selectFrom("protection_groups").select("id").executeTakeFirstOrThrow();
      const old = (await send(a, "sync.document", { path: { project_id: a.projectId, id } })).body;
      await harness.run("pg set shop --description newer");
      return answered(await send(b, "sync.update", { path: { project_id: b.projectId, id }, body: old }));
    },
    409,
    "generation",
  ),
  "sync.conflict": apis(
    async (harness) => {
      const { db } = harness.sites.b.database;
      await db
        .updateTable("protection_groups")
        .set({ digest: "0".repeat(64), description: "an old shop" })
        .execute();
      return "pg sync-force shop";
    },
    3,
    "site-a and site-b both claim generation",
  ),
  "marker.missing": sites(
    marked(() => undefined),
    3,
    "site-b: The group's marker is missing on the array at site-b",
    PLAN,
  ),
  "marker.held": sites(
    marked((stands) => ({ ...stands, holder: NOBODY })),
    3,
    "site-b: Operation 99999999… holds the group (marker at site-b)",
  ),
  "marker.other_primary": sites(
    marked((stands) => ({ ...stands, epoch: stands.epoch + 1 })),
    3,
    /site-b: The marker at site-b stands at epoch \d+, this site knows \d+/,
  ),
  "operation.not_found": apis(`operation show ${NOBODY}`, 1, `No operation "${NOBODY}" at site-a or site-b`),
  "operation.wrong_status": apis(
    async (harness) => {
      withEngines(harness);
      const { stdout } = await harness.run("failover shop --yes --wait -f value -c id");
      return `operation cancel ${stdout.trim()}`;
    },
    3,
    /Operation [0-9a-f-]+ is completed; cancel is for/,
  ),
  "operation.past_no_return": apis(
    async (harness) => {
      withEngines(harness, { end: "failed" });
      const { stdout } = await harness.run("failover shop --yes --wait -f value -c id");
      await harness.sites.b.database.db.updateTable("dr_operations").set({ is_past_no_return: 1 }).execute();
      return `operation rollback ${stdout.trim()}`;
    },
    3,
    /Operation [0-9a-f-]+ is past its point of no return/,
  ),
  "operation.cannot_skip": apis(
    async (harness) => {
      withEngines(harness, { end: "failed" });
      const { stdout } = await harness.run("failover shop --yes --wait -f value -c id");
      return `operation skip ${stdout.trim()} --step server.none --reason nobody-needs-it`;
    },
    3,
    "The operation has no step server.none",
  ),
  "commit_window.open": sites(
    (here) => shown(here, "failover shop --commit-window 4h --yes", "waiting"),
    0,
    "Commit or roll it back; at 2026-",
  ),
  "commit_window.over": sites(
    (here) => shown(here, "failover shop --commit-window 1m --at-window-end rollback --yes", "rolled_back"),
    0,
    "Nobody has committed it until 2026-",
  ),
  "fence.failed": sites(
    async (here) => {
      const { conditions } = here.sites.world;
      conditions.inject({ service: "site-a/nova", method: "POST", fault: { kind: "unreachable" } });
      conditions.inject({ service: "array-a", method: "DELETE", fault: { kind: "unreachable" } });
      return shown(here, "failover shop --unplanned --yes", "failed", "completed");
    },
    0,
    "db-01",
  ),
  "fence.reason_required": sites(
    async (here) => {
      here.destroy(here.sites.a);
      return `failover shop --unplanned --dry-run ${AT_B}`;
    },
    3,
    "Neither Nova nor the array of site-a answers",
  ),
  "test.type_replicates": sites(
    async (here) => {
      await protectShop(here, { testType: "replicated" });
      return "test-failover shop --dry-run";
    },
    3,
    "Volume type replicated at site-b replicates",
    { isNew: true },
  ),
  "test.network_not_isolated": sites(
    async (here) => {
      await here.must(
        "mapping set shop --test-network demo-front=demo-front --test-subnet demo-front-subnet=demo-front-subnet",
      );
      return "test-failover shop --dry-run";
    },
    3,
    /web-01-test: Network \S+ at site-b is mapped for tests and is one that recoveries use/,
  ),
  "test.in_the_way": sites(
    async (here) => {
      const { world, b } = here.sites;
      const { servers } = world.cloud("site-b").compute;
      await here.must("test-failover shop --yes --no-wait");
      await here.until("the test has a server", async () => servers.size > 0);
      const body = { conflictingRequest: { code: 409, message: "The server is locked." } };
      const fault = { kind: "refuse", status: 409, body } as const;
      world.conditions.inject({ service: "site-b/nova", method: "DELETE", fault });
      world.cloud("site-b").compute.limitsOf(b.projectId).cores = 3;
      return shown(here, "failover shop --unplanned --yes", "waiting", "failed", "completed");
    },
    0,
    "A test of shop is still being taken back at site-b",
  ),
  "test.none_standing": apis("test-cleanup shop", 3, 'No test of protection group "shop" stands'),
  "test.not_proven": apis("test-promote shop --dry-run", 3, 'There is no test of protection group "shop"'),
  "test.left_behind": sites(
    async (here) => {
      await here.must("test-failover shop --yes --wait");
      const body = { NeutronError: { type: "X", message: "not on a Sunday", detail: "" } };
      const fault = { kind: "refuse", status: 403, body } as const;
      here.sites.world.conditions.inject({ service: "site-b/neutron", method: "DELETE", path: /\/networks\//, fault });
      return shown(here, "test-cleanup shop", "completed_with_errors", "completed");
    },
    0,
    /network protector-\S+.*not on a Sunday/,
  ),
  "failback.not_reprotected": sites(
    async (here) => {
      await here.must("failover shop --yes --wait");
      return "failback shop --dry-run";
    },
    3,
    "shop",
  ),
  "kept_snapshot.undecided": apis(
    async ({ run, sites: { a } }) => {
      const { body } = await send(a, "protection_groups.index", { path: { project_id: a.projectId } });
      const id = body.protection_groups[0]?.id ?? "";
      await keepSomething(a, id);
      expect(await run("pg delete shop")).toMatchObject({
        code: 2,
        stderr: expect.stringContaining("--kept-snapshots delete or keep"),
      });
      return answered(await send(a, "protection_groups.delete", { path: { project_id: a.projectId, id } }));
    },
    409,
    `held is kept and nowhere else: ${KEPT} at site-a.`,
  ),
  "kept_snapshot.not_found": apis("kept-snapshot delete shop monday", 1, 'No kept snapshot "monday"'),
  "reclaim.not_here": apis("reclaim shop --dry-run --site site-b", 3, '"shop" never ran at this site'),
  "reclaim.reason_required": apis(
    async (harness) => {
      withEngines(harness);
      await harness.run("failover shop --yes --wait");
      return "reclaim shop --dry-run";
    },
    3,
    /Site "site-b" \(\S+\) holds epoch \d+ of "shop" and may be running its servers/,
  ),
};
