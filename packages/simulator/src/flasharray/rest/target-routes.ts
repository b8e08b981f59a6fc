import { ArrayError } from "../block-array.ts";
import { localGroup, requireUnlocked } from "../groups.ts";
import type { StoredGroup, StoredTarget } from "../objects.ts";
import { booleanOf, requireKnown } from "./body.ts";
import { type ArrayRoute, type CallContext, groupsOf } from "./context.ts";
import { pageOf } from "./page.ts";
import { badRequest } from "./rest-error.ts";
import { groupReference } from "./views.ts";

const MOST_TARGETS = 4;

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
    const target = targetEntry(call, group);
    return target ? [{ group: reference, member: { name: call.state.name }, allowed: target.isAllowed }] : [];
  }
  return [...group.targets.values()].map((target) => ({
    group: reference,
    member: { name: target.array },
    allowed: target.isAllowed,
  }));
}

/** The source's entry for this array, seen from a replicated-in group. */
function targetEntry(call: CallContext, replica: StoredGroup): StoredTarget | undefined {
  return sourceGroup(call, replica)?.targets.get(call.state.name.toLowerCase());
}

function sourceGroup(call: CallContext, replica: StoredGroup): StoredGroup | undefined {
  const source = call.model.fabric.array(replica.origin?.array ?? "");
  return source?.groups.find(replica.origin?.group ?? "");
}

function add(call: CallContext): object {
  const rows = requireGroups(call).flatMap((named) => {
    const group = localGroup(call.state, named.name);
    for (const name of call.query.required("member_names")) addTarget(call, group, name);
    return rowsOf(call, group);
  });
  return { items: rows };
}

function addTarget(call: CallContext, group: StoredGroup, name: string): void {
  if (group.targets.has(name.toLowerCase())) {
    throw new ArrayError(group.name, "Protection group already includes the target.");
  }
  const link = call.model.fabric.link(call.state.name, name);
  if (!link || name.toLowerCase() === call.state.name.toLowerCase()) {
    throw new ArrayError(name, "Target array could not be found.");
  }
  if (group.targets.size >= MOST_TARGETS) throw new ArrayError(group.name, "Target limit reached.");
  group.targets.set(name.toLowerCase(), {
    array: link.other(call.state).name,
    isAllowed: false,
    appearsAt: call.state.now() + link.appearDelayMs,
    hasAppeared: false,
  });
  group.dueAt = undefined;
}

/** Only the target array can allow or disallow. */
function change(call: CallContext): object {
  requireKnown(call.body, ["allowed"]);
  const isAllowed = booleanOf(call.body, "allowed");
  if (isAllowed === undefined) throw badRequest("Body names nothing to change.");
  const rows = requireGroups(call).flatMap((group) => {
    if (!group.origin) throw new ArrayError(group.name, "Only the target array can allow replication.");
    const source = sourceGroup(call, group);
    const target = targetEntry(call, group);
    if (!source || !target) throw new ArrayError(group.name, "Target does not exist.");
    target.isAllowed = isAllowed;
    source.dueAt = undefined;
    if (!isAllowed) call.model.fabric.cancel(source, call.state.name);
    return rowsOf(call, group);
  });
  return { items: rows };
}

function remove(call: CallContext): undefined {
  for (const named of requireGroups(call)) {
    const group = localGroup(call.state, named.name);
    requireUnlocked(group);
    for (const name of call.query.required("member_names")) {
      const target = group.targets.get(name.toLowerCase());
      if (!target) throw new ArrayError(name, "Target does not exist.");
      call.model.fabric.cancel(group, target.array);
      group.targets.delete(name.toLowerCase());
    }
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
