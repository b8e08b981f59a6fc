import type { ErrorCatalogueEntries } from "./error-catalogue-entry.ts";

/** Errors of recovery plans and of operations on many groups. */
export const RECOVERY_PLAN_ERRORS = {
  "recovery_plan.not_found": {
    status: 404,
    title: "Recovery plan not found",
    help: "List the plans with: protector recovery-plan list",
  },
  "recovery_plan.name_exists": {
    status: 409,
    title: "Name already used",
    help: "Choose another name; names of recovery plans are unique in a project.",
  },
  "recovery_plan.invalid": {
    status: 400,
    title: "Recovery plan is not valid",
    help: "Correct what the message names. See the plan: protector recovery-plan show PLAN",
  },
  "recovery_plan.cycle": {
    status: 400,
    title: "Order has a cycle",
    help: "Groups cannot wait for each other. See who waits for whom: protector recovery-plan show PLAN. Put one of the named groups in anew, with another --tier or --after: protector recovery-plan add-group PLAN GROUP",
  },
  "recovery_plan.stale": {
    status: 409,
    title: "Recovery plan is older",
    help: "This site holds a newer version. Any command on recovery plans carries it: protector recovery-plan list",
  },
  "recovery_plan.empty": {
    status: 409,
    title: "No groups",
    help: "Put groups into the plan: protector recovery-plan add-group PLAN GROUP",
  },
  "recovery_plan.busy": {
    status: 409,
    title: "Already under way",
    help: "Look at the named operation: protector operation watch ID. Wait for its end or cancel it, then repeat.",
  },
  "drill_schedule.not_found": {
    status: 404,
    title: "Drill schedule not found",
    help: "Schedules are of one site. List those of both with: protector drill-schedule list",
  },
  "drill_schedule.invalid": {
    status: 400,
    title: "Drill schedule is not valid",
    help: "Five fields: minute hour day-of-month month day-of-week, e.g. 0 3 1 * *; a time zone like Europe/Berlin; one group or one plan.",
  },
  "protection_group.in_recovery_plan": {
    status: 409,
    title: "Group is in a recovery plan",
    help: "Take it out first: protector recovery-plan remove-group PLAN GROUP",
  },
  "site_failover.no_groups": {
    status: 409,
    title: "No groups",
    help: "No protection group has anything to do there. See where they run: protector protection-group list",
  },
  "site_failover.group_failed": {
    status: 409,
    title: "Group not recovered",
    help: "See the group's own operation, and mend what it names: protector operation show ID. Then try again what failed: protector operation retry ID, with the id of the whole",
  },
} as const satisfies ErrorCatalogueEntries;
