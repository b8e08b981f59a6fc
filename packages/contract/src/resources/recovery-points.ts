import Type, { type Static } from "typebox";
import { Nullable, Timestamp, Uuid } from "./common.ts";

/** One array snapshot of the whole group, as seen on the array it would be recovered on. */
export const RecoveryPoint = Type.Object({
  id: Uuid,
  source_site_id: { ...Uuid, description: "Site whose servers it holds the data of" },
  name: Type.String({ description: "Suffix on the array" }),
  created_at: Timestamp,
  completed_at: Nullable(Timestamp),
  is_usable: Type.Boolean({ description: "All of its data is on the target" }),
  progress: Type.Number({ minimum: 0, maximum: 1 }),
  bytes_sent: Type.Integer(),
  lag_seconds: Nullable(Type.Integer({ description: "From the cut until it was usable" })),
  proven_at: Nullable(Timestamp),
});
export type RecoveryPoint = Static<typeof RecoveryPoint>;
