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
      // The roles of a trust are shown with it alone.
      const trusts = listedTrusts(state, call).map((trust) => ({
        ...trustView(state, trust),
        roles: undefined,
        roles_links: undefined,
      }));
      const asked = [...call.query].map(([key, value]) => `${key}=${value}`).join("&");
      const self = `${origin}/v3/OS-TRUST/trusts${asked === "" ? "" : `?${asked}`}`;
      return ok({ trusts, links: { next: null, previous: null, self } });
    })
    .on("GET", "/v3/OS-TRUST/trusts/:id", (call, { id = "" }) => {
      const trust = state.trusts.get(id);
      if (!trust) throw notFound(`Could not find trust: ${id}.`);
      const isOwn = [trust.trustorId, trust.trusteeId].includes(call.caller.userId);
      if (!isOwn && !isSystemAdmin(state, call)) throw forbiddenAction("identity:get_trust");
      return ok({ trust: trustView(state, trust) });
    })
    .on("DELETE", "/v3/OS-TRUST/trusts/:id", (call, { id = "" }) => {
      const trust = state.trusts.get(id);
      if (!trust) throw notFound(`Could not find trust: ${id}.`);
      if (call.caller.userId !== trust.trustorId && !isSystemAdmin(state, call))
        throw forbiddenAction("identity:delete_trust");
      state.trusts.delete(id);
      return noContent;
    });
}

/**
 * Keystone's policy of trusts knows administrators of the whole system only, not those of a project. One that does not enforce
 * scopes lets those, too (seen on a real cloud); nothing here may need that.
 */
function isSystemAdmin(state: IdentityState, { caller }: Call): boolean {
  return caller.isAdmin && state.tokens.get(caller.tokenId)?.isSystem === true;
}

/** Who asks for somebody's trusts has to be him; the trustor counts first. Without a filter all are asked for. */
function listedTrusts(state: IdentityState, call: Call): readonly Trust[] {
  const [trustor, trustee] = [call.query.get("trustor_user_id"), call.query.get("trustee_user_id")];
  const isOwn = (trustor ?? trustee) === call.caller.userId;
  const isAsked = trustor !== null || trustee !== null;
  const mayList = isAsked ? isOwn || isSystemAdmin(state, call) : call.caller.isAdmin;
  const side = trustor !== null ? "_for_trustor" : trustee !== null ? "_for_trustee" : "";
  if (!mayList) throw forbiddenAction(`identity:list_trusts${side}`);
  return [...state.trusts.values()].filter((trust) =>
    trustor === null ? trustee === null || trust.trusteeId === trustee : trust.trustorId === trustor,
  );
}

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
