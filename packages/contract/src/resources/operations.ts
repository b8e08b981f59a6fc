import Type, { type Static } from "typebox";
import { OPERATION_MODES, OPERATION_STATUSES, OPERATION_TYPES, OPERATION_VERBS, STEP_STATUSES } from "../states.ts";
import { Nullable, OneOf, Strict, Timestamp, Uuid } from "./common.ts";
import { ErrorItem } from "./errors.ts";
import { KEPT_CHOICES } from "./kept-snapshots.ts";
import { ApiToken, ArrayUrl, BackendName } from "./policies.ts";
import { CheckResult, DurationForecast } from "./readiness.ts";
import { RecoveryHow, TestFailoverOptions } from "./recovery-options.ts";

/** One step as the plan shows it before anything runs. */
export const PlanStep = Type.Object({
  key: Type.String(),
  kind: OneOf(["observe", "ensure", "fire"] as const),
  title: Type.String(),
  phase: Type.String(),
  site: OneOf(["source", "target"] as const),
  member_id: Nullable(Uuid),
  depends_on: Type.Array(Type.String()),
  is_point_of_no_return: Type.Boolean(),
});
export type PlanStep = Static<typeof PlanStep>;

/** What an operation is going to do. Blockers must be gone before it starts. */
export const Plan = Type.Object({
  steps: Type.Array(PlanStep),
  blockers: Type.Array(CheckResult),
  warnings: Type.Array(CheckResult),
  expected_duration_seconds: Nullable(Type.Integer()),
  duration_forecast: Nullable(DurationForecast),
  expected_data_loss_seconds: Nullable(Type.Integer({ description: "0 for a planned failover" })),
  recovery_point: Nullable(Type.String()),
  digest: Type.String({ description: "SHA-256 of the plan; a start can insist on it" }),
});
export type Plan = Static<typeof Plan>;

/** What became of one member. */
export const MemberResult = Type.Object({
  member_id: Uuid,
  name: Type.String(),
  status: Type.String(),
  server_id: Nullable(Type.String()),
  addresses: Type.Array(Type.String()),
  downtime_seconds: Nullable(Type.Integer()),
  error: Nullable(ErrorItem),
});
export type MemberResult = Static<typeof MemberResult>;

const GivesUpAt = Nullable({
  ...Timestamp,
  description: "Of one that waits for its plan: when it ends as failed, with nothing changed",
});

/** One group's operation under that of many groups, for whoever may see the whole. */
export const ChildOperation = Type.Object({
  id: Uuid,
  type: OneOf(OPERATION_TYPES),
  status: OneOf(OPERATION_STATUSES),
  protection_group_id: Uuid,
  protection_group_name: Type.String(),
  project_id: Type.String(),
  phase: Nullable(Type.String()),
  progress: Type.Number({ minimum: 0, maximum: 1 }),
  remaining_seconds: Nullable(Type.Integer()),
  status_reason: Nullable(Type.String()),
  error: Nullable(ErrorItem),
  data_loss_seconds: Nullable(Type.Integer()),
  downtime_seconds: Nullable(Type.Integer()),
  gives_up_at: GivesUpAt,
  created_at: Timestamp,
  finished_at: Nullable(Timestamp),
});
export type ChildOperation = Static<typeof ChildOperation>;

/** One run of a DR workflow. */
export const Operation = Type.Object({
  id: Uuid,
  type: OneOf(OPERATION_TYPES),
  mode: Nullable(
    OneOf(OPERATION_MODES, { description: "Of a failover planned or unplanned; of a site failover what it does" }),
  ),
  status: OneOf(OPERATION_STATUSES),
  is_dry_run: Type.Boolean(),
  protection_group_id: Nullable(Uuid),
  protection_group_name: Type.String({
    description: "Of a site failover the name of the recovery plan, or of the other site",
  }),
  recovery_plan_id: Nullable({ ...Uuid, description: "Of a site failover by a recovery plan" }),
  parent_id: Nullable({ ...Uuid, description: "The site failover that it is a part of" }),
  displaced_by: Nullable({ ...Uuid, description: "The operation that it gave its group up for" }),
  children: Type.Optional(
    Type.Array(ChildOperation, { description: "Of a site failover: the operation of each group begun, oldest first" }),
  ),
  project_id: Type.String(),
  user_id: Type.String(),
  site_id: Uuid,
  phase: Nullable(Type.String()),
  progress: Type.Number({ minimum: 0, maximum: 1 }),
  remaining_seconds: Nullable(Type.Integer()),
  status_reason: Nullable(Type.String({ description: "What it waits for, or why it ended as it did" })),
  error: Nullable(ErrorItem),
  is_past_no_return: Type.Boolean(),
  verbs: Type.Array(OneOf(OPERATION_VERBS), { description: "What can be asked of it now" }),
  plan: Nullable(Plan),
  members: Type.Array(MemberResult),
  recovery_point: Nullable(Type.String()),
  data_loss_seconds: Nullable(Type.Integer()),
  downtime_seconds: Nullable(Type.Integer()),
  leftovers: Type.Array(Type.Object({ subject: Type.String(), reason: Type.String() })),
  request_id: Nullable(Type.String()),
  gives_up_at: GivesUpAt,
  created_at: Timestamp,
  started_at: Nullable(Timestamp),
  finished_at: Nullable(Timestamp),
  updated_at: Timestamp,
});
export type Operation = Static<typeof Operation>;

/** A journaled step of an operation. */
export const OperationStep = Type.Object({
  key: Type.String(),
  sequence: Type.Integer(),
  kind: OneOf(["observe", "ensure", "fire"] as const),
  title: Type.String(),
  phase: Type.String(),
  site: OneOf(["source", "target"] as const),
  member_id: Nullable(Uuid),
  depends_on: Type.Array(Type.String()),
  status: OneOf(STEP_STATUSES),
  attempt: Type.Integer(),
  progress: Nullable(Type.Number()),
  message: Nullable(Type.String()),
  error: Nullable(ErrorItem),
  started_at: Nullable(Timestamp),
  finished_at: Nullable(Timestamp),
});
export type OperationStep = Static<typeof OperationStep>;

/** A verb for an operation. Exactly one key. */
export const OperationAction = Strict(
  {
    cancel: Type.Optional(Strict({})),
    resume: Type.Optional(
      Strict({
        as: Type.Optional(OneOf(["unplanned"] as const, { description: "The source is lost: go on without it" })),
        reason: Type.Optional(
          Type.String({ minLength: 10, maxLength: 1024, description: "Kept in the audit; needed with `as`" }),
        ),
      }),
    ),
    retry: Type.Optional(Strict({})),
    skip: Type.Optional(
      Strict(
        {
          member: Type.Optional(
            Type.String({ minLength: 1, maxLength: 255, description: "Member by id or name; or `step`, not both" }),
          ),
          step: Type.Optional(Type.String({ minLength: 1, maxLength: 255, description: "Key of a step" })),
          reason: Type.String({ minLength: 10, maxLength: 1024, description: "Kept in the audit and in the report" }),
        },
        { minProperties: 2, maxProperties: 2 },
      ),
    ),
    rollback: Type.Optional(Strict({})),
    commit: Type.Optional(Strict({})),
    abandon: Type.Optional(Strict({ reason: Type.String({ minLength: 10, maxLength: 1024 }) })),
  },
  { minProperties: 1, maxProperties: 1 },
);
export type OperationAction = Static<typeof OperationAction>;

/** How long a failover can stay open for its way back, in s: nothing replicates meanwhile. */
export const COMMIT_WINDOW = { least: 60, most: 604_800 } as const;

const CommitWindowOptions = {
  commit_window: Type.Optional(
    Type.Integer({
      minimum: COMMIT_WINDOW.least,
      maximum: COMMIT_WINDOW.most,
      description: "s for which it can be rolled back after its servers run; default: not at all",
    }),
  ),
  at_window_end: Type.Optional(
    OneOf(["commit", "rollback"] as const, { description: "What follows when nobody has said; default commit" }),
  ),
};

/** A test failover: copies of the servers on isolated networks; production and replication are not touched. */
export const TestFailoverRequest = Strict({
  ...RecoveryHow,
  recovery_point: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 255,
      description: "Name or id of a kept point; default: the latest usable one",
    }),
  ),
  cleanup: Type.Optional(
    OneOf(["manual", "auto"] as const, {
      description: "auto: everything is deleted as soon as the test has been verified",
    }),
  ),
  ...TestFailoverOptions,
});
export type TestFailoverRequest = Static<typeof TestFailoverRequest>;

/** What can be asked of a protection group. Exactly one key. */
export const ProtectionGroupAction = Strict(
  {
    failover: Type.Optional(
      Strict({
        mode: OneOf(["planned", "unplanned"] as const, { description: "unplanned: the site that is left is lost" }),
        dry_run: Type.Optional(Type.Boolean()),
        recovery_point: Type.Optional(
          Type.String({
            minLength: 1,
            maxLength: 255,
            description: "Unplanned only: name or id of a kept point; default: the latest usable one",
          }),
        ),
        reason: Type.Optional(
          Type.String({
            minLength: 10,
            maxLength: 1024,
            description: "Unplanned only: why to go on when something cannot be fenced; kept in the audit",
          }),
        ),
        ...CommitWindowOptions,
        plan_digest: Type.Optional(
          Type.String({ pattern: "^[0-9a-f]{64}$", description: "Start only if this is still the plan" }),
        ),
      }),
    ),
    failback: Type.Optional(
      Strict({
        dry_run: Type.Optional(Type.Boolean()),
        plan_digest: Type.Optional(
          Type.String({ pattern: "^[0-9a-f]{64}$", description: "Start only if this is still the plan" }),
        ),
      }),
    ),
    reprotect: Type.Optional(
      Strict({
        dry_run: Type.Optional(Type.Boolean()),
        plan_digest: Type.Optional(
          Type.String({ pattern: "^[0-9a-f]{64}$", description: "Start only if this is still the plan" }),
        ),
      }),
    ),
    move_home: Type.Optional(
      Strict({
        dry_run: Type.Optional(Type.Boolean()),
        plan_digest: Type.Optional(
          Type.String({ pattern: "^[0-9a-f]{64}$", description: "Start only if this is still the plan" }),
        ),
      }),
    ),
    replace_peer: Type.Optional(
      Strict({
        peer_site_id: { ...Uuid, description: "The new second site" },
        secondary_fa_url: Type.Optional(ArrayUrl),
        secondary_fa_api_token: Type.Optional(ApiToken),
        secondary_backend: Type.Optional(BackendName),
        reason: Type.String({
          minLength: 10,
          maxLength: 1024,
          description: "Why the old second site is certain to be lost for good; kept in the audit",
        }),
      }),
    ),
    test_failover: Type.Optional(TestFailoverRequest),
    test_cleanup: Type.Optional(
      Strict({
        test_id: Type.Optional({
          ...Uuid,
          description: "Only this test failover; default: every one of the group here",
        }),
      }),
    ),
    test_promote: Type.Optional(
      Strict({
        ...RecoveryHow,
        test_id: Type.Optional({
          ...Uuid,
          description: "The test failover whose recovery point is taken; default: the newest one here that is proven",
        }),
        reason: Type.Optional(
          Type.String({
            minLength: 10,
            maxLength: 1024,
            description: "Why to go on when something cannot be fenced; kept in the audit",
          }),
        ),
        ...CommitWindowOptions,
      }),
    ),
    sync: Type.Optional(Strict({})),
    delete: Type.Optional(
      Strict(
        {
          peer_lost: Type.Optional(Type.Literal(true, { description: "The other site will never answer again" })),
          reason: Type.Optional(
            Type.String({ minLength: 10, maxLength: 1024, description: "Needed with peer_lost; kept in the audit" }),
          ),
          kept_snapshots: Type.Optional(
            OneOf(KEPT_CHOICES, {
              description:
                "What becomes of what this site's engine has kept of volumes: deleted with the group, or left on the arrays; default: refused where there is any",
            }),
          ),
        },
        { minProperties: 1 },
      ),
    ),
    reclaim: Type.Optional(
      Strict({
        dry_run: Type.Optional(Type.Boolean()),
        plan_digest: Type.Optional(
          Type.String({ pattern: "^[0-9a-f]{64}$", description: "Start only if this is still the plan" }),
        ),
        reason: Type.Optional(
          Type.String({ minLength: 10, maxLength: 1024, description: "Needed when the other site has taken over" }),
        ),
      }),
    ),
  },
  { minProperties: 1, maxProperties: 1 },
);
export type ProtectionGroupAction = Static<typeof ProtectionGroupAction>;
