export interface Domain {
  readonly id: string;
  readonly name: string;
}

export interface User {
  readonly id: string;
  readonly name: string;
  readonly domainId: string;
  password: string;
  /** Base32; undefined = has no credential of type `totp`. */
  totpSecret?: string;
  /** `multi_factor_auth_rules`: sets of methods, of which one has to be complete; default none. */
  factorRules?: readonly (readonly string[])[];
  isEnabled: boolean;
  /** ms since the UNIX epoch; undefined = never. */
  passwordExpiresAt?: number;
}

/** A provider of identities that a Keystone trusts; its mapping takes the subject for the name of a user. */
export interface IdentityProvider {
  /** Name of the protocol, e.g. `openid`. */
  readonly protocol: string;
  subjectOf(accessToken: string): string | undefined;
}

export interface Project {
  readonly id: string;
  readonly name: string;
  readonly domainId: string;
  readonly description: string;
  isEnabled: boolean;
}

export interface Role {
  readonly id: string;
  readonly name: string;
}

export interface Trust {
  readonly id: string;
  readonly trustorId: string;
  readonly trusteeId: string;
  readonly projectId: string;
  readonly roleIds: readonly string[];
  readonly isImpersonating: boolean;
  /** ms since the UNIX epoch; undefined = never. */
  readonly expiresAt: number | undefined;
}

export interface ApplicationCredentialRecord {
  readonly id: string;
  readonly name: string;
  readonly secret: string;
  readonly userId: string;
  readonly projectId: string;
  readonly roleIds: readonly string[];
  readonly isUnrestricted: boolean;
  readonly accessRules:
    | readonly { readonly id: string; readonly service: string; readonly method: string; readonly path: string }[]
    | undefined;
}

export interface TokenRecord {
  readonly id: string;
  readonly auditId: string;
  readonly userId: string;
  readonly projectId: string | undefined;
  readonly isSystem: boolean;
  readonly methods: readonly string[];
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly trustId: string | undefined;
  readonly applicationCredentialId: string | undefined;
  isRevoked: boolean;
}

export interface CatalogEntry {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly description: string;
  isEnabled: boolean;
}

export interface EndpointRecord {
  readonly id: string;
  readonly serviceId: string;
  readonly interface: string;
  readonly region: string;
  /** May hold `%(tenant_id)s`, `%(project_id)s`, `$(tenant_id)s`, `$(project_id)s`. */
  readonly url: string;
}
