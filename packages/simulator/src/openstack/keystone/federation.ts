import type { Router } from "../../http/router.ts";
import { ApiError, notFound } from "../core/api-error.ts";
import type { Call } from "../core/call.ts";
import { issueToken } from "./authentication.ts";
import type { IdentityState } from "./identity-state.ts";
import { tokenView } from "./token-view.ts";

const PATH = "/v3/OS-FEDERATION/identity_providers/:provider/protocols/:protocol/auth";

/** Whether a path is that of a federated login: Apache asks the provider there, not Keystone for a token. */
export function isFederatedLogin(path: string): boolean {
  return /^\/v3\/OS-FEDERATION\/identity_providers\/[^/]+\/protocols\/[^/]+\/auth$/.test(path);
}

/**
 * Federated logins: an access token of a trusted OpenID provider gives a token without a scope, of the user that the
 * mapping leads to.
 * Source: https://docs.openstack.org/api-ref/identity/v3-ext/#request-an-unscoped-os-federation-token
 */
export function routeFederation(router: Router<Call>, state: IdentityState): void {
  for (const method of ["GET", "POST"]) {
    router.on(method, PATH, (call, { provider = "", protocol = "" }) => {
      const trusted = state.identityProviders.get(provider);
      if (trusted?.protocol !== protocol) throw notFound(`Could not find federated protocol ${protocol}.`);
      const [, accessToken = ""] = /^Bearer (.+)$/.exec(call.headers.authorization ?? "") ?? [];
      const name = trusted.subjectOf(accessToken);
      const user = name === undefined ? undefined : state.userNamed(name, "default");
      if (!user?.isEnabled) throw new ApiError(401, "The request you have made requires authentication.");
      const token = issueToken(state, { user, methods: [protocol] });
      return { status: 201, headers: { "x-subject-token": token.id }, body: { token: tokenView(state, token, false) } };
    });
  }
}
