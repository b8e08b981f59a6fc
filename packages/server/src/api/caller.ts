import type { Delegator } from "../domain/trusts.ts";
import { policyCredentials, type ValidToken } from "../keystone/index.ts";
import type { Credentials } from "../policy/index.ts";

/** The user behind a request's token. */
export interface Caller extends Delegator {
  /** What policy rules see. */
  readonly credentials: Credentials;
}

/** The caller of an accepted token. */
export function callerOfToken(
  value: string,
  { token, serviceToken }: { readonly token: ValidToken; readonly serviceToken: ValidToken | undefined },
): Caller {
  return {
    userId: token.userId,
    userName: token.userName,
    projectId: token.projectId,
    roles: token.roles,
    canDelegate: token.trustId === undefined && token.applicationCredential?.isRestricted !== true,
    token: value,
    credentials: policyCredentials(token, serviceToken),
  };
}
