/**
 * Keystone v3. Methods throw `OutsideError` (service `keystone`); `find*` answer undefined for 404.
 * Source of formats: https://docs.openstack.org/api-ref/identity/v3/
 */
export interface IdentityClient {
  /** What a token says, asked with our own token. Undefined when Keystone does not know it. */
  validateToken(token: string, options?: { readonly allowExpired?: boolean }): Promise<Token | undefined>;
  /** A trust from the token's own user to `trusteeUserId`. Only the trustor's own token may ask. */
  createTrust(request: {
    readonly trustorUserId: string;
    readonly trusteeUserId: string;
    readonly projectId: string;
    readonly roleNames: readonly string[];
  }): Promise<{ readonly id: string }>;
  /** For trustor and trustee. */
  findTrust(id: string): Promise<Trust | undefined>;
  /** All trusts from a user, for himself, or to a user, for himself. */
  listTrusts(of: { readonly trustorUserId: string } | { readonly trusteeUserId: string }): Promise<readonly Trust[]>;
  /** For the trustor, by his own token or by one of the trust; most clouds' administrators may not. */
  deleteTrust(id: string): Promise<void>;
  findProject(id: string): Promise<Project | undefined>;
  listProjects(filter: { readonly name?: string; readonly domainId?: string }): Promise<readonly Project[]>;
  findUser(
    id: string,
  ): Promise<{ readonly id: string; readonly name: string; readonly isEnabled: boolean } | undefined>;
  /** Roles of a user in a project, by name. */
  rolesOf(userId: string, projectId: string): Promise<readonly string[]>;
  /** Gives a user a role in a project; administrators. */
  grantRole(userId: string, projectId: string, roleName: string): Promise<void>;
}

export interface Token {
  readonly userId: string;
  readonly userName: string;
  readonly userDomainId: string;
  /** When the user's password ends, ISO 8601; undefined = never. */
  readonly passwordExpiresAt: string | undefined;
  /** Undefined for tokens that are not of a project. */
  readonly projectId: string | undefined;
  readonly projectName: string | undefined;
  readonly projectDomainId: string | undefined;
  readonly isSystemScoped: boolean;
  readonly roles: readonly string[];
  readonly methods: readonly string[];
  readonly expiresAt: string;
  readonly issuedAt: string;
  readonly trustId: string | undefined;
  readonly applicationCredential: ApplicationCredential | undefined;
  readonly catalog: readonly CatalogService[];
}

/** Roles that one user has delegated to another. */
export interface Trust {
  readonly id: string;
  readonly trustorUserId: string;
  readonly trusteeUserId: string;
  readonly projectId: string | undefined;
  /** ISO 8601; undefined = it has no end. */
  readonly expiresAt: string | undefined;
}

export interface ApplicationCredential {
  readonly id: string;
  readonly isRestricted: boolean;
  /** Undefined = every call is allowed. */
  readonly accessRules:
    | readonly { readonly service: string; readonly method: string; readonly path: string }[]
    | undefined;
}

export interface CatalogService {
  readonly type: string;
  readonly name: string;
  readonly endpoints: readonly {
    readonly interface: "public" | "internal" | "admin";
    readonly region: string;
    readonly url: string;
  }[];
}

export interface Project {
  readonly id: string;
  readonly name: string;
  readonly domainId: string;
  readonly isEnabled: boolean;
}
