import { readOptionalJson } from "../../db/codecs.ts";
import type { HookScene } from "../plans/hooks.ts";
import type { OperationRow } from "../runner/operation-store.ts";
import type { GroupView } from "./group-view.ts";

/** What hooks of a group are told in an operation. */
export function hookScene(operation: OperationRow, { group, members }: GroupView): HookScene {
  const { id, type, mode } = operation;
  return {
    hooks: readOptionalJson(group.hooks) ?? [],
    members: members
      .filter(({ row }) => row.status !== "adding" && row.status !== "removing")
      .map((member) => {
        const { tier, is_critical } = member.row;
        return { id: member.id, name: member.name, tier, isCritical: is_critical === 1 };
      }),
    facts: {
      operation: { id, type, mode },
      protection_group: { id: group.id, name: group.name },
      project_id: operation.project_id,
    },
  };
}
