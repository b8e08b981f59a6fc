import type { Operation, RecoveryPlan } from "@protector/contract";
import type { RECOVERY_PLAN_ERRORS } from "../../packages/contract/src/error-catalogue-recovery-plans.ts";
import { activeGroup, send } from "../../packages/server/src/api/testing.ts";
import type { Harness } from "../two-sites/harness.ts";
import { ADMIN, answered, apis, type Provocations, sites } from "./provocation.ts";

/** A plan over the shop, made by the command. */
async function planned(harness: Harness): Promise<RecoveryPlan> {
  const { stdout } = await harness.run("recovery-plan create all shop -f json");
  return JSON.parse(stdout);
}

export const RECOVERY_PLANS: Provocations<keyof typeof RECOVERY_PLAN_ERRORS> = {
  "recovery_plan.not_found": apis("recovery-plan show nightly", 1, 'No recovery plan "nightly" at site-a'),
  "drill_schedule.not_found": apis("drill-schedule show nightly", 1, 'No drill schedule "nightly"'),
  "drill_schedule.invalid": apis(
    'drill-schedule create nightly --protection-group shop --cron "0 25 * * *"',
    1,
    'The schedule "0 25 * * *" in time zone "UTC" cannot be read',
  ),
  "recovery_plan.name_exists": apis(
    async (harness) => {
      await planned(harness);
      return "recovery-plan create all";
    },
    3,
    "The project has a recovery plan named all",
  ),
  "recovery_plan.invalid": apis(
    "recovery-plan create all shop shop",
    1,
    'Protection group "shop" is in the plan twice',
  ),
  "recovery_plan.cycle": apis(
    async (harness) => {
      await activeGroup(harness.sites, "mail");
      await harness.run("recovery-plan create all shop mail");
      await harness.run("recovery-plan add-group all shop --after mail");
      return "recovery-plan add-group all mail --after shop";
    },
    1,
    /The start order has a cycle: "(shop|mail)" -> "(shop|mail)" -> "(shop|mail)"/,
  ),
  "recovery_plan.stale": apis(
    async (harness) => {
      const { id } = await planned(harness);
      const { a, b } = harness.sites;
      const at = (projectId: string) => ({ project_id: projectId, id });
      const { body } = await send(a, "recovery_plans.document", { path: at(a.projectId) });
      await harness.run("recovery-plan set all --concurrency 9");
      return answered(await send(b, "recovery_plans.deliver", { path: at(b.projectId), body }));
    },
    409,
    'This site has generation 2 of recovery plan \\"all\\"; the document is of 1',
  ),
  "recovery_plan.empty": apis(
    async (harness) => {
      await harness.run("recovery-plan create all");
      return "recovery-plan run all --dry-run";
    },
    3,
    'Recovery plan "all" has no groups',
  ),
  "recovery_plan.busy": apis(
    async (harness) => {
      const { id } = await planned(harness);
      const { b } = harness.sites;
      const path = { project_id: b.projectId, id };
      const run = () => send(b, "recovery_plans.action", { path, body: { failover: { mode: "planned" } } });
      await run();
      return answered(await run());
    },
    409,
    /Recovery plan \\"all\\" is under way: operation [0-9a-f-]{36} \(pending\)/,
  ),
  "protection_group.in_recovery_plan": apis(
    async (harness) => {
      await planned(harness);
      return "pg delete shop";
    },
    3,
    'Protection group "shop" is in recovery plan "all"',
  ),
  "site_failover.no_groups": sites(
    `site failover site-b --dry-run ${ADMIN}`,
    3,
    "No protection group has anything to do for a failover here",
  ),
  "site_failover.group_failed": sites(
    async (here) => {
      await here.must("recovery-plan create all shop");
      const { id } = await here.read<Operation>("recovery-plan run all --yes --no-wait");
      const look = () => here.read<Operation>(`operation show ${id}`);
      await here.until("the group's operation is at work", async () => (await look()).children?.length === 1);
      await here.must(`operation cancel ${(await look()).children?.[0]?.id} --wait`);
      await here.until("the whole has ended", async () => (await look()).status === "failed");
      return `operation show ${id}`;
    },
    0,
    '1 of 1 groups failed: "shop" (cancelled: everything it did was taken back)',
  ),
};
