import type { Caller } from "../core/call.ts";
import type { Environment } from "../core/environment.ts";
import type {
  ApplicationCredentialRecord,
  CatalogEntry,
  Domain,
  EndpointRecord,
  IdentityProvider,
  Project,
  Role,
  TokenRecord,
  Trust,
  User,
} from "./records.ts";

/** Everything one Keystone knows. Roles of a token are looked up when it is used, so a lost role counts at once. */
export class IdentityState {
  readonly environment: Environment;
  readonly domains = new Map<string, Domain>();
  readonly users = new Map<string, User>();
  readonly projects = new Map<string, Project>();
  readonly roles = new Map<string, Role>();
  readonly trusts = new Map<string, Trust>();
  readonly applicationCredentials = new Map<string, ApplicationCredentialRecord>();
  readonly tokens = new Map<string, TokenRecord>();
  readonly services = new Map<string, CatalogEntry>();
  readonly endpoints = new Map<string, EndpointRecord>();
  readonly regions = new Set<string>();
  /** By id. */
  readonly identityProviders = new Map<string, IdentityProvider>();
  /** ms that a token lives. */
  tokenLifetimeMs = 3_600_000;
  /** `user project` → role ids; the project `system` stands for the whole deployment. */
  readonly #assignments = new Map<string, Set<string>>();
  /** By user id, ms. */
  readonly #revokedAt = new Map<string, number>();

  constructor(environment: Environment) {
    this.environment = environment;
    this.domains.set("default", { id: "default", name: "Default" });
    for (const name of ["admin", "manager", "member", "reader", "service"]) this.createRole(name);
  }

  createRole(name: string): Role {
    const role = { id: this.environment.hexId(), name };
    this.roles.set(role.id, role);
    return role;
  }

  createUser(name: string, password: string, domainId = "default"): User {
    const user = { id: this.environment.hexId(), name, domainId, password, isEnabled: true };
    this.users.set(user.id, user);
    return user;
  }

  createProject(name: string, domainId = "default", description = ""): Project {
    const project = { id: this.environment.hexId(), name, domainId, description, isEnabled: true };
    this.projects.set(project.id, project);
    return project;
  }

  createService(type: string, name: string, description = ""): CatalogEntry {
    const service = { id: this.environment.hexId(), type, name, description, isEnabled: true };
    this.services.set(service.id, service);
    return service;
  }

  createEndpoint(
    serviceId: string,
    kind: string,
    place: { readonly region: string; readonly url: string },
  ): EndpointRecord {
    const endpoint = { id: this.environment.hexId(), serviceId, interface: kind, ...place };
    this.endpoints.set(endpoint.id, endpoint);
    this.regions.add(place.region);
    return endpoint;
  }

  roleNamed(name: string): Role | undefined {
    return this.roles.values().find((role) => role.name.toLowerCase() === name.toLowerCase());
  }

  userNamed(name: string, domainId: string): User | undefined {
    return this.users.values().find((user) => user.name === name && user.domainId === domainId);
  }

  projectNamed(name: string, domainId: string): Project | undefined {
    return this.projects.values().find((project) => project.name === name && project.domainId === domainId);
  }

  domainNamed(name: string): Domain | undefined {
    return this.domains.values().find((domain) => domain.name.toLowerCase() === name.toLowerCase());
  }

  grant(userId: string, target: string, roleId: string): void {
    const key = `${userId} ${target}`;
    this.#assignments.set(key, (this.#assignments.get(key) ?? new Set()).add(roleId));
  }

  /** @returns false when the user did not have the role. */
  ungrant(userId: string, target: string, roleId: string): boolean {
    return this.#assignments.get(`${userId} ${target}`)?.delete(roleId) ?? false;
  }

  /** What a user got a token by has changed: those that were issued until now are void. */
  revokeTokensOf(user: User): void {
    this.#revokedAt.set(user.id, this.environment.now());
  }

  /** A token of the very second of a revocation is void too, though it was issued after it: its time is in whole seconds. */
  #isVoid({ userId, issuedAt }: TokenRecord): boolean {
    return issuedAt <= (this.#revokedAt.get(userId) ?? Number.NEGATIVE_INFINITY);
  }

  /** Ids of the user's roles in a project (or `system`), implied ones included. */
  rolesOf(userId: string, target: string): ReadonlySet<string> {
    return this.#withImplied(this.#assignments.get(`${userId} ${target}`) ?? []);
  }

  #withImplied(roleIds: Iterable<string>): ReadonlySet<string> {
    const held = new Set(roleIds);
    const implied: readonly (readonly [string, string])[] = [
      ["admin", "manager"],
      ["manager", "member"],
      ["member", "reader"],
    ];
    for (const [having, gives] of implied) {
      const from = this.roleNamed(having);
      const to = this.roleNamed(gives);
      if (held.size > 0 && from && to && held.has(from.id)) held.add(to.id);
    }
    return held;
  }

  /** Direct assignments, one row each. */
  *assignments(): Generator<{ readonly userId: string; readonly target: string; readonly roleId: string }> {
    for (const [key, roleIds] of this.#assignments) {
      const [userId = "", target = ""] = key.split(" ");
      for (const roleId of roleIds) yield { userId, target, roleId };
    }
  }

  /** Roles that a token carries now; undefined when it is no longer valid for another reason than its age. */
  rolesOfToken(token: TokenRecord): ReadonlySet<string> | undefined {
    return token.isRevoked || this.#isVoid(token) ? undefined : this.rolesToIssue(token);
  }

  /** Roles that a token would carry if it were issued now; undefined when it is not. */
  rolesToIssue(token: TokenRecord): ReadonlySet<string> | undefined {
    if (!this.users.get(token.userId)?.isEnabled) return undefined;
    if (token.isSystem) return nonEmpty(this.rolesOf(token.userId, "system"));
    if (token.projectId === undefined) return new Set();
    if (!this.projects.get(token.projectId)?.isEnabled) return undefined;
    if (token.trustId !== undefined) {
      const trust = this.trusts.get(token.trustId);
      return trust && this.rolesOfTrust(trust);
    }
    const held = this.rolesOf(token.userId, token.projectId);
    if (token.applicationCredentialId === undefined) return nonEmpty(held);
    const credential = this.applicationCredentials.get(token.applicationCredentialId);
    return credential && nonEmpty(new Set(credential.roleIds.filter((id) => held.has(id))));
  }

  /** Roles that a trust yields; undefined when it is expired or its trustor lost one of them or is disabled. */
  rolesOfTrust(trust: Trust): ReadonlySet<string> | undefined {
    if (trust.expiresAt !== undefined && trust.expiresAt <= this.environment.now()) return undefined;
    if (!this.users.get(trust.trustorId)?.isEnabled || !this.users.get(trust.trusteeId)?.isEnabled) return undefined;
    const held = this.rolesOf(trust.trustorId, trust.projectId);
    return trust.roleIds.every((id) => held.has(id)) ? this.#withImplied(trust.roleIds) : undefined;
  }

  /** The caller behind a token value, as the other services' middleware sees it. */
  callerOf(tokenId: string): Caller | undefined {
    const token = this.tokens.get(tokenId);
    if (!token || token.expiresAt <= this.environment.now()) return undefined;
    const roleIds = this.rolesOfToken(token);
    const user = this.users.get(token.userId);
    if (!roleIds || !user) return undefined;
    const roles = [...roleIds].map((id) => this.roles.get(id)?.name ?? "");
    return {
      tokenId,
      userId: user.id,
      userName: user.name,
      projectId: token.projectId,
      roles,
      isAdmin: roles.includes("admin"),
      accessRules: this.applicationCredentials.get(token.applicationCredentialId ?? "")?.accessRules,
    };
  }
}

function nonEmpty(roles: ReadonlySet<string>): ReadonlySet<string> | undefined {
  return roles.size > 0 ? roles : undefined;
}
