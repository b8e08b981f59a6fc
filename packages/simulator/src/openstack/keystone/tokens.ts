import type { Router } from "../../http/router.ts";
import { ApiError, notFound } from "../core/api-error.ts";
import { type Call, noContent, ok } from "../core/call.ts";
import { authenticate, FactorsMissing } from "./authentication.ts";
import type { IdentityState } from "./identity-state.ts";
import type { TokenRecord } from "./records.ts";
import { catalogView, tokenView } from "./token-view.ts";

/** `/v3/auth/*`: issuing, validating and revoking tokens. */
export function routeTokens(router: Router<Call>, state: IdentityState): void {
  router
    .on("POST", "/v3/auth/tokens", (call) => {
      const token = issued(state, call);
      if (token instanceof FactorsMissing) return receiptFor(state, token);
      const headers = { "x-subject-token": token.id };
      return { status: 201, headers, body: { token: tokenView(state, token, !call.query.has("nocatalog")) } };
    })
    .on("GET", "/v3/auth/tokens", (call) => {
      const token = subjectOf(state, call);
      const headers = { "x-subject-token": token.id };
      return { status: 200, headers, body: { token: tokenView(state, token, !call.query.has("nocatalog")) } };
    })
    .on("HEAD", "/v3/auth/tokens", (call) => {
      subjectOf(state, call);
      return { status: 200 };
    })
    .on("DELETE", "/v3/auth/tokens", (call) => {
      subjectOf(state, call).isRevoked = true;
      return noContent;
    })
    .on("GET", "/v3/auth/catalog", (call) => ok({ catalog: catalogView(state, call.caller.projectId) }))
    .on("GET", "/v3/auth/projects", (call) => {
      const projects = [...state.projects.values()].filter(
        (project) => project.isEnabled && state.rolesOf(call.caller.userId, project.id).size > 0,
      );
      return ok({
        projects: projects.map(({ id, name, domainId }) => ({ id, name, domain_id: domainId, enabled: true })),
        links: { next: null, previous: null },
      });
    });
}

function issued(state: IdentityState, { body }: Call): TokenRecord | FactorsMissing {
  try {
    return authenticate(state, body);
  } catch (error) {
    if (error instanceof FactorsMissing) return error;
    throw error;
  }
}

function receiptFor({ environment }: IdentityState, { answer }: FactorsMissing) {
  const receipt = `gAAAAAB${Buffer.from(environment.random.bytes(60)).toString("base64url")}`;
  return { status: 401, headers: { "openstack-auth-receipt": receipt }, body: answer };
}

function subjectOf(state: IdentityState, call: Call): TokenRecord {
  const id = call.headers["x-subject-token"];
  if (id === undefined) throw new ApiError(400, "X-Subject-Token header is required.");
  const token = state.tokens.get(id);
  const isOfAge =
    token &&
    (token.expiresAt > state.environment.now() ||
      call.query.get("allow_expired") === "1" ||
      call.query.get("allow_expired") === "true");
  if (!token) throw notFound("Could not recognize Fernet token");
  if (!isOfAge || !state.rolesOfToken(token)) throw notFound("Failed to validate token");
  const { caller } = call;
  // Measured on Zed: the subject itself may look at its token, but not by a token of a trust.
  const isSubject = caller.userId === token.userId && token.trustId === undefined;
  const maySee = caller.isAdmin || caller.roles.includes("service") || isSubject;
  if (!maySee)
    throw new ApiError(403, "You are not authorized to perform the requested action: identity:validate_token.");
  return token;
}
