export { ERROR_CATALOGUE, type ErrorCode, type Operation, type ProtectionGroup } from "@protector/contract";
export {
  ApiError,
  type ApiFailure,
  clientError,
  hasCode,
  isUnreachable,
  PEER_UNREACHABLE_SENTENCE,
} from "./api-error.ts";
export type { FieldDifference } from "./document-differences.ts";
export {
  createDrillSchedule,
  type DrillSubject,
  deleteDrillSchedule,
  findDrillSchedule,
  listDrillSchedules,
  type PlacedSchedule,
  updateDrillSchedule,
} from "./drill-schedules.ts";
export {
  type TestCleanupOptions,
  type TestFailoverOptions,
  type TestPromotion,
  testCleanup,
  testFailover,
  testPromote,
} from "./drills.ts";
export { type DeletionRequest, deleteGroup, deleteWithoutPeer } from "./group-deletion.ts";
export {
  chooseKept,
  deleteKeptSnapshot,
  listKeptSnapshots,
  type PlacedSnapshot,
  snapshotsFirst,
} from "./kept-snapshots.ts";
export { listOperations, type PlacedOperation } from "./operation-list.ts";
export {
  type AskedSites,
  askOperation,
  findOperation,
  isAtRest,
  isEnded,
  isOpenForCommit,
  type OperationMoment,
  siteAlone,
  startedByKey,
  subjectOf,
  type WatchOptions,
  watchOperation,
} from "./operations.ts";
export { deletePolicy } from "./policies.ts";
export {
  type FailoverRequest,
  failback,
  failover,
  moveHome,
  type ReclaimRequest,
  type ReplacementRequest,
  type RunningOperation,
  reclaim,
  replacePeer,
  replicateNow,
  reprotect,
  type UnplannedRequest,
  unplannedFailover,
} from "./recoveries.ts";
export {
  createRecoveryPlan,
  deleteRecoveryPlan,
  findRecoveryPlan,
  listRecoveryPlans,
  type NewRecoveryPlan,
  type RecoveryPlanChanges,
  updateRecoveryPlan,
} from "./recovery-plans.ts";
export {
  type CallOptions,
  type ClientPorts,
  type ListRouteName,
  type PageRequest,
  SiteClient,
  type SiteClientOptions,
} from "./site-client.ts";
export {
  type PlanRunRequest,
  type RunMode,
  type RunRequest,
  runRecoveryPlan,
  runSiteFailover,
  settleRun,
} from "./site-failovers.ts";
export type { SiteSession } from "./site-session.ts";
export { identityOf, type ReachableView, type SiteView } from "./site-view.ts";
export { mapTenants, registerSites, type SiteRegistration, unmapTenants } from "./sites.ts";
export type { RecoveryOptions, StartOptions } from "./start-options.ts";
export {
  type ForcedSync,
  type ForceRequest,
  type SiteSync,
  type SyncComparison,
  syncForce,
  syncStatus,
} from "./synchronisation.ts";
export {
  type Changed,
  carry,
  type Delivery,
  groupIdAt,
  type InspectedGroup,
  type NewGroup,
  type ReadyGroup,
  TwoSiteClient,
  type TwoSiteOptions,
} from "./two-site-client.ts";
export { type WebPlatform, webPorts } from "./web-ports.ts";
