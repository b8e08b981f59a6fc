import type { Credentials } from "../policy/index.ts";
import type { ValidToken } from "./token-cache.ts";

/** What a token says, under the names of check strings. What a token lacks has no name at all, so that nothing equals it. */
export function policyCredentials(token: ValidToken, serviceToken?: ValidToken): Credentials {
  return {
    user_id: token.userId,
    user_name: token.userName,
    user_domain_id: token.userDomainId,
    roles: token.roles,
    ...(token.projectId === undefined ? {} : { project_id: token.projectId, tenant_id: token.projectId }),
    ...(token.projectName === undefined ? {} : { project_name: token.projectName }),
    ...(token.projectDomainId === undefined ? {} : { project_domain_id: token.projectDomainId }),
    ...(token.isSystemScoped ? { system_scope: "all" } : {}),
    ...(token.trustId === undefined ? {} : { trust_id: token.trustId }),
    ...(serviceToken === undefined
      ? {}
      : {
          service_user_id: serviceToken.userId,
          service_roles: serviceToken.roles,
          ...(serviceToken.projectId === undefined ? {} : { service_project_id: serviceToken.projectId }),
        }),
  };
}
