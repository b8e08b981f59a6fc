import type { Router } from "../../http/router.ts";
import { notFound } from "../core/api-error.ts";
import { type Call, created, noContent, ok } from "../core/call.ts";
import { objectAt, textAt } from "../core/json.ts";
import { requireAdmin } from "./identity-policy.ts";
import type { IdentityState } from "./identity-state.ts";
import { linksOf } from "./list-links.ts";
import type { Role } from "./records.ts";

/** `/v3/roles`, role assignments and grants. */
export function routeRoles(router: Router<Call>, state: IdentityState, origin: string): void {
  const grantPath = "/v3/projects/:project/users/:user/roles/:role";
  router
    .on("GET", "/v3/roles", (call) => {
      requireAdmin(call, "list_roles");
      const found = [...state.roles.values()].filter(({ name }) => (call.query.get("name") ?? name) === name);
      return ok({ roles: found.map((role) => roleView(role, origin)), links: linksOf(origin, call) });
    })
    .on("POST", "/v3/roles", (call) => {
      requireAdmin(call, "create_role");
      return created({ role: state.createRole(textAt(objectAt(call.body, "role"), "name")) });
    })
    .on("GET", "/v3/role_assignments", (call) => {
      requireAdmin(call, "list_role_assignments");
      return ok({ role_assignments: assignmentViews(state, call.query, origin), links: linksOf(origin, call) });
    })
    .on("GET", "/v3/projects/:project/users/:user/roles", (call, { project = "", user = "" }) => {
      requireAdmin(call, "list_grants");
      const direct = [...state.assignments()].filter((row) => row.userId === user && row.target === project);
      return ok({ roles: direct.map(({ roleId }) => state.roles.get(roleId)), links: linksOf(origin, call) });
    })
    .on("PUT", grantPath, (call, { project = "", user = "", role = "" }) => {
      requireAdmin(call, "create_grant");
      if (!state.projects.has(project)) throw notFound(`Could not find project: ${project}.`);
      if (!state.users.has(user)) throw notFound(`Could not find user: ${user}.`);
      if (!state.roles.has(role)) throw notFound(`Could not find role: ${role}.`);
      state.grant(user, project, role);
      return noContent;
    })
    .on("DELETE", grantPath, (call, { project = "", user = "", role = "" }) => {
      requireAdmin(call, "revoke_grant");
      if (!state.ungrant(user, project, role))
        throw notFound(
          `Could not find role assignment with role: ${role}, user or group: ${user}, project, domain, or system: ${project}.`,
        );
      return noContent;
    });
}

const roleView = (role: Role, origin: string) => ({
  ...role,
  domain_id: null,
  description: null,
  options: { immutable: true },
  links: { self: `${origin}/v3/roles/${role.id}` },
});

function assignmentViews(state: IdentityState, query: URLSearchParams, origin: string): readonly unknown[] {
  const withNames = query.has("include_names");
  const isEffective = query.has("effective");
  const rows = [...state.assignments()].filter(
    ({ userId, target }) =>
      (query.get("user.id") ?? userId) === userId && (query.get("scope.project.id") ?? target) === target,
  );
  const all = isEffective
    ? [...new Map(rows.map((row) => [`${row.userId} ${row.target}`, row])).values()].flatMap((row) =>
        [...state.rolesOf(row.userId, row.target)].map((roleId) => ({ ...row, roleId })),
      )
    : rows;
  return all.map(({ userId, target, roleId }) => {
    const domain = { id: "default", name: "Default" };
    const named = (name: string | undefined) => (withNames ? { name } : {});
    const role = { id: roleId, ...named(state.roles.get(roleId)?.name) };
    const user = { id: userId, ...named(state.users.get(userId)?.name), ...(withNames && { domain }) };
    const project = { id: target, ...named(state.projects.get(target)?.name), ...(withNames && { domain }) };
    const place = target === "system" ? "system" : `projects/${target}`;
    const links = { assignment: `${origin}/v3/${place}/users/${userId}/roles/${roleId}` };
    return { role, user, scope: target === "system" ? { system: { all: true } } : { project }, links };
  });
}
