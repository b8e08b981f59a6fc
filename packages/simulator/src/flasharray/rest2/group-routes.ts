import { ArrayError } from "../block-array.ts";
import {
  addMember,
  createGroup,
  localGroup,
  removeGroup,
  removeMember,
  replicaPrefix,
  requireUnlocked,
  setGroupDestroyed,
} from "../groups.ts";
import type { StoredGroup } from "../objects.ts";
import { destroyGroup } from "../targets.ts";
import { booleanOf, requireKnown, textOf } from "./body.ts";
import { type ArrayRoute, type CallContext, groupsOf, listed, requireNamed } from "./context.ts";
import { pageOf } from "./page.ts";
import { badRequest } from "./rest-error.ts";
import { changeSettings } from "./schedules.ts";
import { groupItem, groupReference } from "./views.ts";

const MEMBERS = { names: "member_names", ids: "member_ids" };
const BODY = [
  "name",
  "destroyed",
  "replication_schedule",
  "snapshot_schedule",
  "source_retention",
  "target_retention",
  "retention_lock",
];

function list(call: CallContext): object {
  const groups = listed(call, call.state.groups);
  for (const group of groups) call.model.fabric.hear(call.state, group);
  return pageOf(
    groups.map((group) => groupItem(call.state, group, call.version)),
    call.query,
  );
}

function create(call: CallContext): object {
  const made = call.query.required("names").map((name) => createGroup(call.state, name));
  return { items: made.map((group) => groupItem(call.state, group, call.version)) };
}

function change(call: CallContext): object {
  requireKnown(call.body, BODY);
  const changed = requireNamed(call, call.state.groups).map((name) => {
    const group = call.state.groups.any(name);
    const destroyed = booleanOf(call.body, "destroyed");
    if (destroyed === true) destroyGroup(call.state, group);
    if (destroyed === false) setGroupDestroyed(call.state, group, false);
    if (textOf(call.body, "name") !== undefined) throw badRequest("Renaming protection groups is not simulated.");
    if (textOf(call.body, "retention_lock") === "ratcheted") group.retentionLock = "ratcheted";
    changeSettings(call, group);
    return group;
  });
  return { items: changed.map((group) => groupItem(call.state, group, call.version)) };
}

function remove(call: CallContext): undefined {
  for (const name of requireNamed(call, call.state.groups)) {
    const group = call.state.groups.any(name);
    if (group.destroyedAt === undefined) throw new ArrayError(name, "Protection group has not been destroyed.");
    call.state.requireEradication();
    removeGroup(call.state, group);
  }
  return undefined;
}

function listMembers(call: CallContext): object {
  const groups = groupsOf(call) ?? [...call.state.groups.all()].filter((group) => group.destroyedAt === undefined);
  const names = call.query.list("member_names")?.map((name) => name.toLowerCase());
  const isDestroyed = call.query.flag("member_destroyed");
  const rows = groups.flatMap((group) => membersOf(call, group));
  const found = rows.filter(
    (row) =>
      (!names || names.includes(row.member.name.toLowerCase())) &&
      (isDestroyed === undefined || row.member.destroyed === isDestroyed),
  );
  for (const name of names ?? []) {
    if (!found.some((row) => row.member.name.toLowerCase() === name)) {
      throw new ArrayError(name, "Volume does not exist in any protection group.");
    }
  }
  return pageOf(found, call.query);
}

interface MemberRow {
  readonly group: object;
  readonly member: { readonly id: string | null; readonly name: string; readonly destroyed: boolean };
}

function membersOf(call: CallContext, group: StoredGroup): MemberRow[] {
  const reference = groupReference(group, call.version);
  if (group.origin) {
    const prefix = replicaPrefix(group);
    call.model.fabric.hear(call.state, group);
    return group.heardMembers.map((name) => ({
      group: reference,
      member: { id: null, name: `${prefix}:${name.split("::").at(-1)}`, destroyed: false },
    }));
  }
  return [...group.members].map((volume) => ({
    group: reference,
    member: { id: volume.id, name: volume.name, destroyed: volume.destroyedAt !== undefined },
  }));
}

function requireGroups(call: CallContext): StoredGroup[] {
  const groups = groupsOf(call);
  if (!groups) throw badRequest("Missing parameter 'group_names'.");
  return groups.map((group) => localGroup(call.state, group.name));
}

/** Adding a member that is there already is no error, so a call with several names always takes place as a whole. */
function addMembers(call: CallContext): object {
  const groups = requireGroups(call);
  const volumes = requireNamed(call, call.state.volumes, MEMBERS).map((name) => call.state.volumes.live(name));
  const rows = groups.flatMap((group) =>
    volumes.map((volume) => {
      if (!group.members.has(volume)) addMember(group, volume);
      return {
        group: groupReference(group, call.version),
        member: { id: volume.id, name: volume.name, destroyed: false },
      };
    }),
  );
  return { items: rows };
}

function removeMembers(call: CallContext): undefined {
  const groups = requireGroups(call);
  const volumes = requireNamed(call, call.state.volumes, MEMBERS).map((name) => call.state.volumes.any(name));
  for (const group of groups) {
    requireUnlocked(group);
    for (const volume of volumes) removeMember(group, volume);
  }
  return undefined;
}

/** `/protection-groups` and its `/volumes`. */
export const groupRoutes: Readonly<Record<string, ArrayRoute>> = {
  "GET protection-groups": list,
  "POST protection-groups": create,
  "PATCH protection-groups": change,
  "DELETE protection-groups": remove,
  "GET protection-groups/volumes": listMembers,
  "POST protection-groups/volumes": addMembers,
  "DELETE protection-groups/volumes": removeMembers,
};
