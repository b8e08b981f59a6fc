import Type, { type Static } from "typebox";
import { OPERATION_TYPES } from "../states.ts";
import { Nullable, OneOf, Timestamp, Uuid } from "./common.ts";

/** What a volume held that is nowhere else: kept on an array until somebody deletes it. */
export const KeptSnapshot = Type.Object({
  id: Uuid,
  kind: OneOf(["snapshot", "volume"] as const, {
    description:
      "snapshot: of a volume that is in use; volume: one that Cinder has given up, under a name of Protector's",
  }),
  name: Type.String({ description: "On the array" }),
  site_id: { ...Uuid, description: "Site whose array holds it" },
  member_id: Nullable(Uuid),
  reason: Type.String({ description: "Step that kept it" }),
  operation_id: { ...Uuid, description: "Operation that kept it" },
  operation_type: OneOf(OPERATION_TYPES),
  created_at: Timestamp,
});
export type KeptSnapshot = Static<typeof KeptSnapshot>;

/** What becomes of a group's kept snapshots when it is deleted; `keep`: they stay on the arrays, listed nowhere. */
export const KEPT_CHOICES = ["delete", "keep"] as const;
export type KeptChoice = (typeof KEPT_CHOICES)[number];

/** Says how a person deletes on the array what Protector does not know any more. */
export function howToDeleteOnArray(name: string): string {
  return `purevol destroy ${name}`;
}
