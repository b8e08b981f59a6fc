import type { Command } from "commander";
import type { Act } from "./command.ts";
import { addCompleteCommand } from "./complete.ts";
import { addDoctorCommand } from "./doctor.ts";
import { addDrillCommands } from "./drills.ts";
import { addFailoverCommands } from "./failovers.ts";
import { addHealthCommand } from "./health.ts";
import { addHookCommands } from "./hooks.ts";
import { addKeptSnapshotCommands } from "./kept-snapshots.ts";
import { addMappingCommands } from "./mappings.ts";
import { addMemberCommands } from "./members.ts";
import { addOperationCommands } from "./operations.ts";
import { addPolicyCommands } from "./policies.ts";
import { addProtectionGroupCommands } from "./protection-groups.ts";
import { addReadinessCommand } from "./readiness.ts";
import { addRecoveryPlanCommands } from "./recovery-plans.ts";
import { addRecoveryPointCommands } from "./recovery-points.ts";
import { addReportCommands } from "./reports.ts";
import { addServiceCommand } from "./services.ts";
import { addSiteFailoverCommand } from "./site-failovers.ts";
import { addSiteCommands } from "./sites.ts";
import { addSyncCommands } from "./sync.ts";
import { addTenantMappingCommands } from "./tenant-mappings.ts";

/** Every noun of the command. */
export function addCommands(program: Command, act: Act): void {
  const sites = addSiteCommands(program, act);
  addSiteFailoverCommand(sites, act);
  addTenantMappingCommands(program, act);
  addServiceCommand(program, act);
  const groups = addProtectionGroupCommands(program, act);
  addPolicyCommands(program, groups, act);
  addSyncCommands(groups, act);
  addReadinessCommand(groups, act);
  addMemberCommands(program, act);
  addMappingCommands(program, act);
  addHookCommands(program, act);
  addRecoveryPointCommands(program, act);
  addKeptSnapshotCommands(program, act);
  addRecoveryPlanCommands(program, act);
  addFailoverCommands(program, act);
  addDrillCommands(program, act);
  addOperationCommands(program, act);
  addReportCommands(program, act);
  addHealthCommand(program, act);
  addDoctorCommand(program, act);
  addCompleteCommand(program);
}
