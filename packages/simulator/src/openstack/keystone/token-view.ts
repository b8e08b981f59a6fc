import { tokenTime } from "../core/times.ts";
import type { IdentityState } from "./identity-state.ts";
import type { EndpointRecord, TokenRecord } from "./records.ts";

/** Body of a token as `POST` and `GET /v3/auth/tokens` give it. */
export function tokenView(state: IdentityState, token: TokenRecord, withCatalog: boolean): Record<string, unknown> {
  const isDelegated = token.trustId !== undefined;
  const roles = [...(state.rolesOfToken(token) ?? [])].map((id) => ({
    id,
    name: state.roles.get(id)?.name,
    ...(isDelegated && { domain_id: null, description: null, options: { immutable: true } }),
  }));
  const project = token.projectId === undefined ? undefined : state.projects.get(token.projectId);
  const trust = token.trustId === undefined ? undefined : state.trusts.get(token.trustId);
  const credential = token.applicationCredentialId && state.applicationCredentials.get(token.applicationCredentialId);
  return {
    methods: token.methods,
    user: userView(state, token.userId),
    audit_ids: [token.auditId],
    expires_at: tokenTime(token.expiresAt),
    issued_at: tokenTime(token.issuedAt),
    ...(project && {
      project: { id: project.id, name: project.name, domain: state.domains.get(project.domainId) },
      ...(isDelegated ? {} : { is_domain: false }),
    }),
    ...(token.isSystem && { system: { all: true } }),
    ...((project || token.isSystem) && { roles }),
    ...(trust && {
      "OS-TRUST:trust": {
        id: trust.id,
        trustor_user: { id: trust.trustorId },
        trustee_user: { id: trust.trusteeId },
        impersonation: trust.isImpersonating,
      },
    }),
    ...(credential && {
      application_credential: {
        id: credential.id,
        name: credential.name,
        restricted: !credential.isUnrestricted,
        ...(credential.accessRules && { access_rules: credential.accessRules }),
      },
    }),
    ...(withCatalog && (project || token.isSystem) && { catalog: catalogView(state, token.projectId) }),
  };
}

function userView(state: IdentityState, userId: string): Record<string, unknown> {
  const user = state.users.get(userId);
  return {
    id: userId,
    name: user?.name,
    domain: state.domains.get(user?.domainId ?? ""),
    password_expires_at: user?.passwordExpiresAt === undefined ? null : tokenTime(user.passwordExpiresAt),
  };
}

/** The catalog for one project: templates filled in; endpoints that need a project are left out without one. */
export function catalogView(state: IdentityState, projectId: string | undefined): readonly Record<string, unknown>[] {
  return [...state.services.values()]
    .filter((service) => service.isEnabled)
    .map((service) => ({
      type: service.type,
      name: service.name,
      id: service.id,
      endpoints: [...state.endpoints.values()]
        .filter((endpoint) => endpoint.serviceId === service.id)
        .flatMap((endpoint) => endpointView(endpoint, projectId)),
    }));
}

function endpointView(endpoint: EndpointRecord, projectId: string | undefined): readonly Record<string, unknown>[] {
  const template = /[%$]\((tenant_id|project_id)\)s/g;
  if (projectId === undefined && endpoint.url.search(template) >= 0) return [];
  const { id, region } = endpoint;
  return [
    {
      id,
      interface: endpoint.interface,
      region,
      region_id: region,
      url: endpoint.url.replaceAll(template, projectId ?? ""),
    },
  ];
}
