import type { Router } from "../../http/router.ts";
import { badRequest, forbidden, notFound } from "../core/api-error.ts";
import { type Call, isTrue, noContent, ok, projectOf } from "../core/call.ts";
import { objectAt, textAt, textsAt } from "../core/json.ts";
import type { ComputeState } from "./compute-state.ts";
import type { ServerGroupRecord } from "./records.ts";

const POLICIES = ["affinity", "anti-affinity", "soft-affinity", "soft-anti-affinity"];

/** `/os-server-groups`. */
export function routeServerGroups(router: Router<Call>, state: ComputeState): void {
  const require = (call: Call, id: string): ServerGroupRecord => {
    const group = state.serverGroups.get(id);
    if (!group || !(call.caller.isAdmin || group.projectId === call.caller.projectId)) {
      throw notFound(`Instance group ${id} could not be found.`);
    }
    return group;
  };
  router
    .on("GET", "/os-server-groups", (call) => {
      const isAll = call.caller.isAdmin && isTrue(call.query.get("all_projects"));
      const seen = [...state.serverGroups.values()].filter(
        (group) => isAll || group.projectId === call.caller.projectId,
      );
      const from = Number(call.query.get("offset") ?? 0);
      return ok({ server_groups: seen.slice(from).map((group) => groupView(state, group, call)) });
    })
    .on("POST", "/os-server-groups", (call) => {
      const asked = objectAt(call.body, "server_group");
      const policy = call.version >= 64 ? textAt(asked, "policy") : (textsAt(asked, "policies")[0] ?? "");
      if (!POLICIES.includes(policy)) {
        const known = "['anti-affinity', 'affinity', 'soft-anti-affinity', 'soft-affinity']";
        throw badRequest(
          `Invalid input for field/attribute policy. Value: ${policy}. '${policy}' is not one of ${known}`,
        );
      }
      const projectId = projectOf(call);
      const limit = state.limitsOf(projectId).server_groups;
      if (limit >= 0 && state.useOf(projectId).server_groups >= limit)
        throw forbidden("Quota exceeded, too many server groups.");
      const id = state.environment.uuid();
      const group = { id, name: textAt(asked, "name"), policy, projectId, userId: call.caller.userId };
      state.serverGroups.set(id, group);
      return ok({ server_group: groupView(state, group, call) });
    })
    .on("GET", "/os-server-groups/:id", (call, { id = "" }) =>
      ok({ server_group: groupView(state, require(call, id), call) }),
    )
    .on("DELETE", "/os-server-groups/:id", (call, { id = "" }) => {
      state.serverGroups.delete(require(call, id).id);
      return noContent;
    });
}

const groupView = (state: ComputeState, group: ServerGroupRecord, call: Call) => ({
  id: group.id,
  name: group.name,
  members: state.membersOf(group).map(({ id }) => id),
  ...(call.version >= 64 ? { policy: group.policy, rules: {} } : { policies: [group.policy], metadata: {} }),
  ...(call.version >= 13 && { project_id: group.projectId, user_id: group.userId }),
});
