import { localGroup } from "../groups.ts";
import type { StoredGroup } from "../objects.ts";
import { addTarget, removeTarget, setAllowed, targetEntry } from "../targets.ts";
import { booleanOf, requireKnown } from "./body.ts";
import { type ArrayRoute, type CallContext, groupsOf } from "./context.ts";
import { pageOf } from "./page.ts";
import { badRequest } from "./rest-error.ts";
import { groupReference } from "./views.ts";

function requireGroups(call: CallContext): StoredGroup[] {
  const groups = groupsOf(call);
  if (!groups) throw badRequest("Missing parameter 'group_names'.");
  return groups;
}

function list(call: CallContext): object {
  const groups = groupsOf(call) ?? [...call.state.groups.all()].filter((group) => group.destroyedAt === undefined);
  return pageOf(
    groups.flatMap((group) => rowsOf(call, group)),
    call.query,
  );
}

function rowsOf(call: CallContext, group: StoredGroup): object[] {
  const reference = groupReference(group, call.version);
  if (group.origin) {
    const target = targetEntry(call.state, group);
    return target ? [{ group: reference, member: { name: call.state.name }, allowed: target.isAllowed }] : [];
  }
  return [...group.targets.values()].map((target) => ({
    group: reference,
    member: { name: target.array },
    allowed: target.isAllowed,
  }));
}

function add(call: CallContext): object {
  const rows = requireGroups(call).flatMap((named) => {
    const group = localGroup(call.state, named.name);
    for (const name of call.query.required("member_names")) addTarget(call.state, group, name);
    return rowsOf(call, group);
  });
  return { items: rows };
}

/** Only the target array can allow or disallow. */
function change(call: CallContext): object {
  requireKnown(call.body, ["allowed"]);
  const isAllowed = booleanOf(call.body, "allowed");
  if (isAllowed === undefined) throw badRequest("Body names nothing to change.");
  const rows = requireGroups(call).flatMap((group) => {
    setAllowed(call.state, group, isAllowed);
    return rowsOf(call, group);
  });
  return { items: rows };
}

function remove(call: CallContext): undefined {
  for (const named of requireGroups(call)) {
    const group = localGroup(call.state, named.name);
    for (const name of call.query.required("member_names")) removeTarget(call.state, group, name);
  }
  return undefined;
}

/** `/protection-groups/targets`. */
export const targetRoutes: Readonly<Record<string, ArrayRoute>> = {
  "GET protection-groups/targets": list,
  "POST protection-groups/targets": add,
  "PATCH protection-groups/targets": change,
  "DELETE protection-groups/targets": remove,
};
