import type { Router } from "../../http/router.ts";
import { forbidden, notFound } from "../core/api-error.ts";
import { type Call, created, noContent, ok, projectOf } from "../core/call.ts";
import { objectAt, objectsAt, optionalTextAt, textAt } from "../core/json.ts";
import type { IdentityState } from "./identity-state.ts";
import type { ApplicationCredentialRecord } from "./records.ts";

/** `/v3/users/{user}/application_credentials`. */
export function routeApplicationCredentials(router: Router<Call>, state: IdentityState): void {
  const path = "/v3/users/:user/application_credentials";
  router
    .on("POST", path, (call, { user = "" }) => {
      const token = state.tokens.get(call.caller.tokenId);
      if (call.caller.userId !== user || token?.applicationCredentialId !== undefined || token?.trustId !== undefined) {
        throw forbidden(
          "You are not authorized to perform the requested action: identity:create_application_credential.",
        );
      }
      const credential = create(state, call);
      return created({ application_credential: { ...view(state, credential), secret: credential.secret } });
    })
    .on("GET", path, (_call, { user = "" }) => {
      const own = [...state.applicationCredentials.values()].filter((credential) => credential.userId === user);
      return ok({ application_credentials: own.map((credential) => view(state, credential)), links: {} });
    })
    .on("DELETE", `${path}/:id`, (call, { user = "", id = "" }) => {
      if (call.caller.userId !== user && !call.caller.isAdmin)
        throw forbidden(
          "You are not authorized to perform the requested action: identity:delete_application_credential.",
        );
      if (!state.applicationCredentials.delete(id)) throw notFound(`Could not find Application Credential: ${id}.`);
      return noContent;
    });
}

function create(state: IdentityState, call: Call): ApplicationCredentialRecord {
  const asked = objectAt(call.body, "application_credential");
  const projectId = projectOf(call);
  const wanted = objectsAt(asked, "roles").map((role) => {
    const found = state.roles.get(String(role.id)) ?? state.roleNamed(String(role.name));
    if (!found) throw notFound(`Could not find role: ${String(role.id ?? role.name)}.`);
    return found.id;
  });
  const held = [...state.rolesOf(call.caller.userId, projectId)];
  const rules = objectsAt(asked, "access_rules").map((rule) => ({
    id: state.environment.hexId(),
    service: textAt(rule, "service"),
    method: textAt(rule, "method"),
    path: textAt(rule, "path"),
  }));
  const credential: ApplicationCredentialRecord = {
    id: state.environment.hexId(),
    name: textAt(asked, "name"),
    secret: optionalTextAt(asked, "secret") ?? state.environment.hexId(),
    userId: call.caller.userId,
    projectId,
    roleIds: wanted.length > 0 ? wanted : held,
    isUnrestricted: asked.unrestricted === true,
    accessRules: asked.access_rules === undefined ? undefined : rules,
  };
  state.applicationCredentials.set(credential.id, credential);
  return credential;
}

const view = (state: IdentityState, credential: ApplicationCredentialRecord) => ({
  id: credential.id,
  name: credential.name,
  description: null,
  project_id: credential.projectId,
  user_id: credential.userId,
  unrestricted: credential.isUnrestricted,
  roles: credential.roleIds.map((id) => ({ id, name: state.roles.get(id)?.name })),
  expires_at: null,
  ...(credential.accessRules && { access_rules: credential.accessRules }),
});
