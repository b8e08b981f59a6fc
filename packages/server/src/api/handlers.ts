import type { RouteName } from "@protector/contract";
import type { Handlers } from "./handler.ts";
import type { ApiPorts } from "./ports.ts";
import { drillScheduleHandlers } from "./routes/drill-schedules.ts";
import { healthHandlers } from "./routes/health.ts";
import { hookHandlers } from "./routes/hooks.ts";
import { keptSnapshotHandlers } from "./routes/kept-snapshots.ts";
import { mappingHandlers } from "./routes/mappings.ts";
import { memberHandlers } from "./routes/members.ts";
import { operationHandlers } from "./routes/operations.ts";
import { policyHandlers } from "./routes/policies.ts";
import { protectionGroupActionHandlers } from "./routes/protection-group-actions.ts";
import { protectionGroupHandlers } from "./routes/protection-groups.ts";
import { readinessHandlers } from "./routes/readiness.ts";
import { recoveryPlanHandlers } from "./routes/recovery-plans.ts";
import { recoveryPointHandlers } from "./routes/recovery-points.ts";
import { serviceHandlers } from "./routes/service.ts";
import { siteFailoverHandlers } from "./routes/site-failovers.ts";
import { siteHandlers } from "./routes/sites.ts";
import { syncHandlers } from "./routes/sync.ts";
import { tenantMappingHandlers } from "./routes/tenant-mappings.ts";

/** A handler for every route of the contract: one that is missing does not compile. */
export function createHandlers(ports: ApiPorts): Handlers<RouteName> {
  return {
    ...serviceHandlers(ports),
    ...healthHandlers(ports),
    ...protectionGroupHandlers(ports),
    ...protectionGroupActionHandlers(ports),
    ...keptSnapshotHandlers(ports),
    ...readinessHandlers(ports),
    ...recoveryPointHandlers(ports),
    ...memberHandlers(ports),
    ...policyHandlers(ports),
    ...hookHandlers(ports),
    ...mappingHandlers(ports),
    ...syncHandlers(ports),
    ...recoveryPlanHandlers(ports),
    ...siteFailoverHandlers(ports),
    ...drillScheduleHandlers(ports),
    ...operationHandlers(ports),
    ...siteHandlers(ports),
    ...tenantMappingHandlers(ports),
  };
}
