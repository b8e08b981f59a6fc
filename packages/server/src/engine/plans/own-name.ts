import { idInNames } from "../world/own-objects.ts";
import type { FailoverInput, FailoverMember } from "./failover-input.ts";

/** Name by which an object of this operation and member is found again: ≤ 60 characters, as server tags need. */
export function ownName(input: FailoverInput, member: FailoverMember, extra = ""): string {
  return `protector-${idInNames(input.operationId)}-${input.members.indexOf(member)}${extra}`;
}
