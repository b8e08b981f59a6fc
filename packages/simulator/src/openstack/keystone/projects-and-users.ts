import type { Router } from "../../http/router.ts";
import { conflict, notFound } from "../core/api-error.ts";
import { type Call, created, noContent, ok } from "../core/call.ts";
import { objectAt, optionalTextAt, textAt } from "../core/json.ts";
import { requireAdmin } from "./identity-policy.ts";
import type { IdentityState } from "./identity-state.ts";
import { linksOf } from "./list-links.ts";
import type { Project, User } from "./records.ts";

/** `/v3/projects`, `/v3/users`, `/v3/domains`. */
export function routeProjectsAndUsers(router: Router<Call>, state: IdentityState, origin: string): void {
  routeProjects(router, state, origin);
  routeUsers(router, state, origin);
  router
    .on("GET", "/v3/domains", (call) => {
      requireAdmin(call, "list_domains");
      const named = [...state.domains.values()].filter(({ name }) => (call.query.get("name") ?? name) === name);
      return ok({ domains: named.map((domain) => ({ ...domain, enabled: true })), links: linksOf(origin, call) });
    })
    .on("GET", "/v3/domains/:id", (call, { id = "" }) => {
      const domain = state.domains.get(id);
      if (!domain) throw notFound(`Could not find domain: ${id}.`);
      requireAdmin(call, "get_domain");
      return ok({ domain: { ...domain, enabled: true } });
    });
}

function routeProjects(router: Router<Call>, state: IdentityState, origin: string): void {
  const projectView = (project: Project) => ({
    ...projectFields(project),
    links: { self: `${origin}/v3/projects/${project.id}` },
  });
  router
    .on("GET", "/v3/projects", (call) => {
      requireAdmin(call, "list_projects");
      const name = call.query.get("name");
      const domain = call.query.get("domain_id");
      const found = [...state.projects.values()].filter(
        (project) => (name === null || project.name === name) && (domain === null || project.domainId === domain),
      );
      return ok({ projects: found.map((project) => projectView(project)), links: linksOf(origin, call) });
    })
    .on("POST", "/v3/projects", (call) => {
      requireAdmin(call, "create_project");
      const asked = objectAt(call.body, "project");
      const name = textAt(asked, "name");
      const domainId = optionalTextAt(asked, "domain_id") ?? "default";
      if (state.projectNamed(name, domainId)) {
        throw conflict(
          `Conflict occurred attempting to store project - it is not permitted to have two projects with the same name in the same domain: ${name}.`,
        );
      }
      return created({
        project: projectView(state.createProject(name, domainId, optionalTextAt(asked, "description"))),
      });
    })
    .on("GET", "/v3/projects/:id", (call, { id = "" }) => {
      const project = state.projects.get(id);
      if (!call.caller.isAdmin && call.caller.projectId !== id) requireAdmin(call, "get_project");
      if (!project) throw notFound(`Could not find project: ${id}.`);
      return ok({ project: projectView(project) });
    })
    .on("PATCH", "/v3/projects/:id", (call, { id = "" }) => {
      requireAdmin(call, "update_project");
      const project = state.projects.get(id);
      if (!project) throw notFound(`Could not find project: ${id}.`);
      const { enabled } = objectAt(call.body, "project");
      if (typeof enabled === "boolean") project.isEnabled = enabled;
      return ok({ project: projectView(project) });
    })
    .on("DELETE", "/v3/projects/:id", (call, { id = "" }) => {
      requireAdmin(call, "delete_project");
      if (!state.projects.delete(id)) throw notFound(`Could not find project: ${id}.`);
      return noContent;
    });
}

function routeUsers(router: Router<Call>, state: IdentityState, origin: string): void {
  const userView = (user: User) => ({ ...userFields(user), links: { self: `${origin}/v3/users/${user.id}` } });
  router
    .on("GET", "/v3/users", (call) => {
      requireAdmin(call, "list_users");
      const found = [...state.users.values()].filter(({ name }) => (call.query.get("name") ?? name) === name);
      return ok({ users: found.map((user) => userView(user)), links: linksOf(origin, call) });
    })
    .on("POST", "/v3/users", (call) => {
      requireAdmin(call, "create_user");
      const asked = objectAt(call.body, "user");
      const name = textAt(asked, "name");
      if (state.userNamed(name, "default")) {
        throw conflict(
          `Conflict occurred attempting to store user - Duplicate entry found with name ${name} at domain ID default.`,
        );
      }
      return created({ user: userView(state.createUser(name, optionalTextAt(asked, "password") ?? "")) });
    })
    .on("GET", "/v3/users/:id", (call, { id = "" }) => {
      if (call.caller.userId !== id) requireAdmin(call, "get_user");
      const user = state.users.get(id);
      if (!user) throw notFound(`Could not find user: ${id}.`);
      return ok({ user: userView(user) });
    })
    .on("PATCH", "/v3/users/:id", (call, { id = "" }) => {
      requireAdmin(call, "update_user");
      const user = state.users.get(id);
      if (!user) throw notFound(`Could not find user: ${id}.`);
      const asked = objectAt(call.body, "user");
      const password = optionalTextAt(asked, "password");
      if (typeof asked.enabled === "boolean") user.isEnabled = asked.enabled;
      if (password !== undefined) user.password = password;
      if (asked.enabled === false || password !== undefined) state.revokeTokensOf(user);
      return ok({ user: userView(user) });
    })
    .on("DELETE", "/v3/users/:id", (call, { id = "" }) => {
      requireAdmin(call, "delete_user");
      if (!state.users.delete(id)) throw notFound(`Could not find user: ${id}.`);
      return noContent;
    });
}

const projectFields = (project: Project) => ({
  id: project.id,
  name: project.name,
  domain_id: project.domainId,
  parent_id: project.domainId,
  description: project.description,
  enabled: project.isEnabled,
  is_domain: false,
  tags: [],
  options: {},
});

const userFields = (user: User) => ({
  id: user.id,
  name: user.name,
  domain_id: user.domainId,
  enabled: user.isEnabled,
  password_expires_at: null,
  options: {},
});
