import Type, { type Static } from "typebox";
import { PROTECTION_GROUP_STATUSES, PROTECTIONS } from "../states.ts";
import { Description, Name, Nullable, OneOf, SeenGeneration, Strict, Timestamp, Uuid } from "./common.ts";
import { RecoveryHow, TestFailoverOptions } from "./recovery-options.ts";

/** Most groups of one plan. */
export const PLAN_GROUP_LIMIT = 300;

/** Groups of a plan that are at work at once. */
export const PLAN_CONCURRENCY = { least: 1, usual: 5, most: 25 } as const;

export const PlanConcurrency = Type.Integer({
  minimum: PLAN_CONCURRENCY.least,
  maximum: PLAN_CONCURRENCY.most,
  description: "Most groups at work at once",
});

const Tier = Type.Integer({
  minimum: 0,
  maximum: 99,
  description: "Groups of a tier start when those of every lower tier have ended",
});
const DependsOn = Type.Array(Uuid, { maxItems: 100, description: "Groups that must have been recovered before" });
const DelaySeconds = Type.Integer({ minimum: 0, maximum: 3600, description: "Wait after what it waits for, s" });
const IsCritical = Type.Boolean({ description: "Its failure holds every later tier" });

/** A protection group's place in a plan, whole: what is signed and carried. */
export const PlannedGroup = Strict({
  protection_group_id: Uuid,
  tier: Tier,
  depends_on: DependsOn,
  delay_seconds: DelaySeconds,
  is_critical: IsCritical,
});
export type PlannedGroup = Static<typeof PlannedGroup>;

/** The same as people give it. */
export const PlaceGroup = Strict({
  protection_group_id: Uuid,
  tier: Type.Optional(Tier),
  depends_on: Type.Optional(DependsOn),
  delay_seconds: Type.Optional(DelaySeconds),
  is_critical: Type.Optional(IsCritical),
});
export type PlaceGroup = Static<typeof PlaceGroup>;

/** A group in a plan with what is known of it here; nulls of one that is not known here. */
export const RecoveryPlanGroup = Type.Object({
  ...PlannedGroup.properties,
  name: Nullable(Type.String()),
  status: Nullable(OneOf(PROTECTION_GROUP_STATUSES)),
  protection: Nullable(OneOf(PROTECTIONS)),
  home_site_id: Nullable(Uuid),
  primary_site_id: Nullable(Uuid),
  member_count: Nullable(Type.Integer()),
  is_failover_ready: Nullable(Type.Boolean()),
  last_recovery_point_at: Nullable(Timestamp),
  expected_seconds: Nullable(Type.Integer({ description: "What its newest failover or test took here" })),
});
export type RecoveryPlanGroup = Static<typeof RecoveryPlanGroup>;

/** Protection groups that are recovered together, in an order. */
export const RecoveryPlan = Type.Object({
  id: Uuid,
  name: Name,
  description: Description,
  project_id: Type.String(),
  concurrency: PlanConcurrency,
  group_count: Type.Integer(),
  groups: Type.Optional(Type.Array(RecoveryPlanGroup, { description: "In lists left out" })),
  member_count: Nullable(Type.Integer({ description: "Servers of all its groups; in lists null" })),
  is_failover_ready: Nullable(
    Type.Boolean({ description: "Every group is ready; null while one has not been looked at, and in lists" }),
  ),
  expected_duration_seconds: Nullable(
    Type.Integer({ description: "By order, concurrency and what each group took before; null while one is unknown" }),
  ),
  current_operation_id: Nullable(Uuid),
  generation: Type.Integer({ description: "Version of the plan" }),
  digest: Type.String({ description: "SHA-256 of what was decided; the same at both sites" }),
  created_at: Timestamp,
  updated_at: Timestamp,
});
export type RecoveryPlan = Static<typeof RecoveryPlan>;

const Groups = Type.Array(PlaceGroup, { maxItems: PLAN_GROUP_LIMIT });

export const CreateRecoveryPlan = Strict({
  name: Name,
  description: Type.Optional(Description),
  concurrency: Type.Optional(PlanConcurrency),
  groups: Type.Optional(Groups),
});
export type CreateRecoveryPlan = Static<typeof CreateRecoveryPlan>;

export const UpdateRecoveryPlan = Strict(
  {
    name: Type.Optional(Name),
    description: Type.Optional(Description),
    concurrency: Type.Optional(PlanConcurrency),
    groups: Type.Optional({ ...Groups, description: "Takes the place of all groups" }),
    generation: Type.Optional(SeenGeneration),
  },
  { minProperties: 1 },
);
export type UpdateRecoveryPlan = Static<typeof UpdateRecoveryPlan>;

/** What people decided about a plan: the same text, so the same digest, at both sites. */
export const DecidedPlan = Strict({
  name: Name,
  description: Description,
  concurrency: PlanConcurrency,
  groups: Type.Array(PlannedGroup, { maxItems: PLAN_GROUP_LIMIT }),
});
export type DecidedPlan = Static<typeof DecidedPlan>;

/**
 * A plan as it travels. It has no primary: of two versions the one with the higher generation stays, and of the same
 * generation the one with the greater digest, so that both sites come to the same whoever carries first.
 */
export const RecoveryPlanDocument = Strict({
  format: Type.Literal(1),
  site_id: { ...Uuid, description: "Site that made the document" },
  recovery_plan_id: Uuid,
  project_id: Type.String({ description: "Project at the site that made it" }),
  generation: Type.Integer({ minimum: 1 }),
  is_deleted: Type.Boolean(),
  digest: Type.String({ pattern: "^[0-9a-f]{64}$", description: "SHA-256 of the canonical JSON of `decided`" }),
  decided: DecidedPlan,
  issued_at: Timestamp,
  signature: Type.String({ description: "Ed25519 over the canonical JSON of all the rest, base64" }),
});
export type RecoveryPlanDocument = Static<typeof RecoveryPlanDocument>;

const how = {
  ...RecoveryHow,
  concurrency: Type.Optional({ ...PlanConcurrency, description: "Most groups at work at once; default: the plan's" }),
  skip_blocked: Type.Optional(
    Type.Boolean({ description: "Groups with blockers stay where they are instead of blocking all of it" }),
  ),
};

const verbs = {
  failover: Type.Optional(
    Strict({
      mode: OneOf(["planned", "unplanned"] as const, { description: "unplanned: the site that is left is lost" }),
      reason: Type.Optional(
        Type.String({
          minLength: 10,
          maxLength: 1024,
          description: "Unplanned only: why to go on when something cannot be fenced; kept in the audit",
        }),
      ),
      ...how,
    }),
  ),
  failback: Type.Optional(Strict(how)),
  reprotect: Type.Optional(Strict(how)),
  test_failover: Type.Optional(
    Strict({
      ...how,
      ...TestFailoverOptions,
      cleanup: Type.Optional(
        OneOf(["manual", "auto"] as const, {
          description: "auto, the default: everything is deleted when all groups have been tested",
        }),
      ),
    }),
  ),
  test_cleanup: Type.Optional(Strict(how)),
};

/**
 * What can be asked of many groups at once, at the site that they come to (`reprotect`: at the site where they run).
 * Exactly one key.
 */
export const RecoveryPlanAction = Strict(verbs, { minProperties: 1, maxProperties: 1 });
export type RecoveryPlanAction = Static<typeof RecoveryPlanAction>;

/** The same of every group between this site and another one, whatever project it is of. */
export const SiteFailoverRequest = Strict({
  action: RecoveryPlanAction,
  peer_site_id: Type.Optional({
    ...Uuid,
    description: "The other site; may be left out when only one peer is registered",
  }),
});
export type SiteFailoverRequest = Static<typeof SiteFailoverRequest>;
