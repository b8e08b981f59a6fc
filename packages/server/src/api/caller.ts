import { policyCredentials, type ValidToken } from "../keystone/index.ts";
import type { Credentials } from "../policy/index.ts";

/** The user behind a request's token. */
export interface Caller {
  readonly userId: string;
  readonly userName: string;
  /** Undefined for tokens that are not of a project. */
  readonly projectId: string | undefined;
  readonly roles: readonly string[];
  /** False for restricted application credentials and for tokens of a trust: Keystone lets them delegate nothing. */
  readonly canDelegate: boolean;
  /** The token itself: a trust can be made with nothing else. Never logged. */
  readonly token: string;
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
