import type { Router } from "../../http/router.ts";
import { badRequest, forbidden, notFound } from "../core/api-error.ts";
import { type Call, created, noContent, ok } from "../core/call.ts";
import { objectAt, objectsAt, optionalTextAt, textAt } from "../core/json.ts";
import { tokenTime } from "../core/times.ts";
import type { IdentityState } from "./identity-state.ts";
import type { Trust } from "./records.ts";

const forbiddenAction = (rule: string) => forbidden(`You are not authorized to perform the requested action: ${rule}.`);

/** `/v3/OS-TRUST/trusts`. */
export function routeTrusts(router: Router<Call>, state: IdentityState, origin: string): void {
  const trustView = (of: IdentityState, trust: Trust) => ({
    ...trustFields(of, trust, origin),
    roles_links: { self: `${origin}/v3/${trust.id}/roles`, next: null, previous: null },
    links: { self: `${origin}/v3/OS-TRUST/trusts/${trust.id}` },
  });
  router
    .on("POST", "/v3/OS-TRUST/trusts", (call) => created({ trust: trustView(state, createTrust(state, call)) }))
    .on("GET", "/v3/OS-TRUST/trusts", (call) => {
      const trusts = [...state.trusts.values()].filter((trust) => maySeeTrust(call, trust));
      return ok({ trusts: trusts.map((trust) => trustView(state, trust)), links: { next: null, previous: null } });
    })
    .on("GET", "/v3/OS-TRUST/trusts/:id", (call, { id = "" }) => {
      const trust = state.trusts.get(id);
      if (!trust) throw notFound(`Could not find trust: ${id}.`);
      if (!maySeeTrust(call, trust)) throw forbiddenAction("identity:get_trust");
      return ok({ trust: trustView(state, trust) });
    })
    .on("DELETE", "/v3/OS-TRUST/trusts/:id", (call, { id = "" }) => {
      const trust = state.trusts.get(id);
      if (!trust) throw notFound(`Could not find trust: ${id}.`);
      if (!call.caller.isAdmin && call.caller.userId !== trust.trustorId)
        throw forbiddenAction("identity:delete_trust");
      state.trusts.delete(id);
      return noContent;
    });
}

const maySeeTrust = (call: Call, trust: Trust) =>
  call.caller.isAdmin || call.caller.userId === trust.trustorId || call.caller.userId === trust.trusteeId;

function createTrust(state: IdentityState, call: Call): Trust {
  const asked = objectAt(call.body, "trust");
  const token = state.tokens.get(call.caller.tokenId);
  const trustorId = textAt(asked, "trustor_user_id");
  if (token?.trustId !== undefined) throw forbidden("You are not authorized to perform the requested action.");
  if (isRestricted(state, token?.applicationCredentialId))
    throw forbiddenAction("Delegated tokens cannot manage trusts.");
  if (call.caller.userId !== trustorId) throw forbiddenAction("identity:create_trust");
  const trusteeId = textAt(asked, "trustee_user_id");
  if (!state.users.has(trusteeId)) throw notFound(`Could not find user: ${trusteeId}.`);
  const projectId = optionalTextAt(asked, "project_id");
  if (projectId === undefined) throw badRequest("At least one role should be specified.");
  if (!state.projects.has(projectId)) throw notFound(`Could not find project: ${projectId}.`);
  const roleIds = objectsAt(asked, "roles").map((role) => {
    const id = optionalTextAt(role, "id");
    const found = id ? state.roles.get(id) : state.roleNamed(textAt(role, "name"));
    if (!found) throw notFound(id ? `Could not find role: ${id}.` : `Role ${String(role.name)} is not defined`);
    return found.id;
  });
  if (roleIds.length === 0) throw forbiddenAction("At least one role should be specified");
  const held = state.rolesOf(trustorId, projectId);
  const missing = roleIds.find((id) => !held.has(id));
  if (missing !== undefined) throw notFound(`Could not find role: ${missing}.`);
  if (typeof asked.impersonation !== "boolean") throw badRequest("'impersonation' is a required property");
  const expiry = optionalTextAt(asked, "expires_at");
  const trust: Trust = {
    id: state.environment.hexId(),
    trustorId,
    trusteeId,
    projectId,
    roleIds,
    isImpersonating: asked.impersonation,
    expiresAt: expiry === undefined ? undefined : Date.parse(expiry),
  };
  state.trusts.set(trust.id, trust);
  return trust;
}

function isRestricted(state: IdentityState, credentialId: string | undefined): boolean {
  return credentialId !== undefined && !state.applicationCredentials.get(credentialId)?.isUnrestricted;
}

function trustFields(state: IdentityState, trust: Trust, origin: string): Record<string, unknown> {
  return {
    id: trust.id,
    trustor_user_id: trust.trustorId,
    trustee_user_id: trust.trusteeId,
    project_id: trust.projectId,
    impersonation: trust.isImpersonating,
    expires_at: trust.expiresAt === undefined ? null : tokenTime(trust.expiresAt),
    remaining_uses: null,
    deleted_at: null,
    redelegation_count: 0,
    redelegated_trust_id: null,
    roles: trust.roleIds.map((id) => ({
      id,
      name: state.roles.get(id)?.name,
      domain_id: null,
      description: null,
      options: { immutable: true },
      links: { self: `${origin}/v3/roles/${id}` },
    })),
  };
}
