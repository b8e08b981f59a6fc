import type { Router } from "../../http/router.ts";
import { badRequest, conflict, notFound } from "../core/api-error.ts";
import { type Call, created, noContent, ok, projectOf } from "../core/call.ts";
import { objectAt, optionalTextAt, textAt } from "../core/json.ts";
import { listing } from "./listing.ts";
import type { NetworkState } from "./network-state.ts";
import type { SecurityGroupRecord, SecurityGroupRuleRecord } from "./records.ts";

/** `/security-groups` and `/security-group-rules`. */
export function routeSecurityGroups(router: Router<Call>, state: NetworkState): void {
  const seen = (call: Call) => {
    if (call.caller.projectId !== undefined) state.defaultGroup(call.caller.projectId);
    return [...state.securityGroups.values()].filter(
      (group) => call.caller.isAdmin || group.projectId === call.caller.projectId,
    );
  };
  const require = (call: Call, id: string): SecurityGroupRecord => {
    const group = state.securityGroups.get(id);
    if (!group || !(call.caller.isAdmin || group.projectId === call.caller.projectId)) {
      throw notFound(`Security group ${id} does not exist`, "SecurityGroupNotFound");
    }
    return group;
  };
  router
    .on("GET", "/security-groups", (call) => listing(call, "security_groups", seen(call).map(groupView)))
    .on("POST", "/security-groups", (call) => {
      const asked = objectAt(call.body, "security_group");
      const projectId = (call.caller.isAdmin && optionalTextAt(asked, "project_id")) || projectOf(call);
      state.requireQuota(projectId, "security_group");
      const group = state.createSecurityGroup({
        name: textAt(asked, "name"),
        projectId,
        description: optionalTextAt(asked, "description") ?? "",
        isStateful: asked.stateful !== false,
      });
      return created({ security_group: groupView(group) });
    })
    .on("GET", "/security-groups/:id", (call, { id = "" }) => ok({ security_group: groupView(require(call, id)) }))
    .on("DELETE", "/security-groups/:id", (call, { id = "" }) => {
      const group = require(call, id);
      if ([...state.ports.values()].some((port) => port.securityGroupIds.includes(id)))
        throw conflict(`Security Group ${id} in use.`, "SecurityGroupInUse");
      state.securityGroups.delete(group.id);
      return noContent;
    })
    .on("GET", "/security-group-rules", (call) =>
      listing(
        call,
        "security_group_rules",
        seen(call).flatMap((group) => group.rules.map((rule) => ruleView(rule, group))),
      ),
    )
    .on("POST", "/security-group-rules", (call) => {
      const asked = objectAt(call.body, "security_group_rule");
      const group = require(call, textAt(asked, "security_group_id"));
      const wanted = {
        direction: textAt(asked, "direction") === "egress" ? "egress" : "ingress",
        etherType: optionalTextAt(asked, "ethertype") ?? "IPv4",
        protocol: optionalTextAt(asked, "protocol") ?? null,
        portMin: numberOr(asked.port_range_min),
        portMax: numberOr(asked.port_range_max),
        remoteCidr: optionalTextAt(asked, "remote_ip_prefix") ?? null,
        remoteGroupId: optionalTextAt(asked, "remote_group_id") ?? null,
      } as const;
      requireRange(wanted);
      if (wanted.remoteGroupId !== null) require(call, wanted.remoteGroupId);
      const same = group.rules.find((each) => contentOf(each) === contentOf(wanted));
      if (same) throw conflict(`Security group rule already exists. Rule id is ${same.id}.`, "SecurityGroupRuleExists");
      const rule = state.addRule(group, wanted);
      // Extensions add nothing to this answer.
      const { tags: _tags, ...view } = ruleView(rule, group);
      return created({ security_group_rule: view });
    })
    .on("DELETE", "/security-group-rules/:id", (call, { id = "" }) => {
      const group = seen(call).find((each) => each.rules.some((rule) => rule.id === id));
      if (!group) throw notFound(`Security group rule ${id} does not exist`, "SecurityGroupRuleNotFound");
      group.rules = group.rules.filter((rule) => rule.id !== id);
      return noContent;
    });
}

/** What Neutron compares when it refuses the same rule twice. */
function contentOf(
  rule: Pick<
    SecurityGroupRuleRecord,
    "direction" | "etherType" | "protocol" | "portMin" | "portMax" | "remoteCidr" | "remoteGroupId"
  >,
): string {
  const { direction, etherType, protocol, portMin, portMax, remoteCidr, remoteGroupId } = rule;
  return JSON.stringify([direction, etherType, protocol, portMin, portMax, remoteCidr, remoteGroupId]);
}

/** @throws ApiError 400 when the last port of a rule comes before the first. */
function requireRange({ portMin, portMax }: Pick<SecurityGroupRuleRecord, "portMin" | "portMax">): void {
  if (portMin === null || portMax === null || portMin <= portMax) return;
  throw badRequest("For TCP/UDP protocols, port_range_min must be <= port_range_max", "SecurityGroupInvalidPortRange");
}

const numberOr = (value: unknown) => (typeof value === "number" ? value : null);

const groupView = (group: SecurityGroupRecord): Record<string, unknown> => ({
  id: group.id,
  name: group.name,
  description: group.description,
  stateful: group.isStateful,
  tenant_id: group.projectId,
  project_id: group.projectId,
  security_group_rules: group.rules.map((rule) => ruleView(rule, group)),
  shared: false,
  tags: [],
});

const ruleView = (rule: SecurityGroupRuleRecord, group: SecurityGroupRecord): Record<string, unknown> => ({
  id: rule.id,
  security_group_id: group.id,
  tenant_id: group.projectId,
  project_id: group.projectId,
  direction: rule.direction,
  ethertype: rule.etherType,
  protocol: rule.protocol,
  port_range_min: rule.portMin,
  port_range_max: rule.portMax,
  remote_ip_prefix: rule.remoteCidr,
  remote_group_id: rule.remoteGroupId,
  remote_address_group_id: null,
  normalized_cidr: rule.remoteCidr,
  description: rule.description,
  tags: [],
});
