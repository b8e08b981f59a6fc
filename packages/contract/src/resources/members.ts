import Type, { type Static } from "typebox";
import { MEMBER_STATUSES } from "../states.ts";
import { Name, Nullable, OneOf, SeenGeneration, Strict, Timestamp, Uuid } from "./common.ts";
import { ErrorItem } from "./errors.ts";
import { NicSettings } from "./nic-settings.ts";
import { ReadinessGate } from "./readiness-gates.ts";
import { ServerDescription } from "./server-description.ts";

/** Tier of a member: lower tiers start first, and stop last. */
const Tier = Type.Integer({ minimum: 0, maximum: 99, description: "Lower tiers start first and stop last" });
const DelaySeconds = Type.Integer({
  minimum: 0,
  maximum: 3600,
  description: "Wait after what it depends on is ready, s",
});
const UserData = OneOf(["keep", "drop"] as const, {
  description: "Whether a rebuilt server gets the captured user data",
});

/** A server in a protection group. */
export const Member = Type.Object({
  id: Uuid,
  protection_group_id: Uuid,
  name: Name,
  status: OneOf(MEMBER_STATUSES),
  home_server_id: Nullable(Uuid),
  peer_server_id: Nullable(Uuid),
  tier: Tier,
  depends_on: Type.Array(Uuid, { maxItems: 100 }),
  delay_seconds: DelaySeconds,
  is_critical: Type.Boolean({ description: "Its failure stops the whole recovery" }),
  user_data: UserData,
  gate: Nullable(ReadinessGate),
  nics: Type.Array(NicSettings, { description: "Of its network interfaces, where they differ from the mappings" }),
  description: Nullable(ServerDescription),
  captured_at: Nullable(Timestamp),
  /** What stands beside it and stays behind in a recovery, as readiness found it last; null = nothing was found. */
  not_carried: Nullable(Type.String()),
  error: Nullable(ErrorItem),
  created_at: Timestamp,
  updated_at: Timestamp,
});
export type Member = Static<typeof Member>;

export const AddMember = Strict({
  server_id: Uuid,
  tier: Type.Optional(Tier),
  depends_on: Type.Optional(Type.Array(Uuid, { maxItems: 100, uniqueItems: true })),
  delay_seconds: Type.Optional(DelaySeconds),
  is_critical: Type.Optional(Type.Boolean()),
  user_data: Type.Optional(UserData),
  gate: Type.Optional(Nullable(ReadinessGate)),
  generation: Type.Optional(SeenGeneration),
});
export type AddMember = Static<typeof AddMember>;

/** What can be asked of the members of a group. Exactly one key. */
export const MembersAction = Strict(
  {
    accept_drift: Type.Optional(
      Strict(
        {
          member_ids: Type.Optional(
            Type.Array(Uuid, { minItems: 1, maxItems: 500, uniqueItems: true, description: "Default: all" }),
          ),
          generation: Type.Optional(SeenGeneration),
        },
        { description: "Take the present state of the servers into the description of the group" },
      ),
    ),
  },
  { minProperties: 1, maxProperties: 1 },
);
export type MembersAction = Static<typeof MembersAction>;

export const UpdateMember = Strict(
  {
    tier: Type.Optional(Tier),
    depends_on: Type.Optional(Type.Array(Uuid, { maxItems: 100, uniqueItems: true })),
    delay_seconds: Type.Optional(DelaySeconds),
    is_critical: Type.Optional(Type.Boolean()),
    user_data: Type.Optional(UserData),
    gate: Type.Optional(Nullable(ReadinessGate)),
    generation: Type.Optional(SeenGeneration),
  },
  { minProperties: 1 },
);
export type UpdateMember = Static<typeof UpdateMember>;
