import { ApiError, badRequest, forbidden } from "../core/api-error.ts";
import {
  isObject,
  type JsonObject,
  objectAt,
  optionalObjectAt,
  optionalTextAt,
  textAt,
  textsAt,
} from "../core/json.ts";
import { tokenTime } from "../core/times.ts";
import type { IdentityState } from "./identity-state.ts";
import { isPasscode } from "./one-time-passwords.ts";
import type { TokenRecord, User } from "./records.ts";

interface Proof {
  readonly user: User;
  readonly methods: readonly string[];
  readonly applicationCredentialId: string | undefined;
  readonly parent: TokenRecord | undefined;
}

type Target = Pick<TokenRecord, "projectId" | "isSystem" | "trustId"> & { readonly userId?: string };

const UNSCOPED: Target = { projectId: undefined, isSystem: false, trustId: undefined };

const rejected = () => new ApiError(401, "The request you have made requires authentication.");

/**
 * Issues a token for the body of `POST /v3/auth/tokens`.
 * @throws ApiError 400, 401 (wrong proof, no role in the scope), 403 (trust that no longer yields its roles).
 */
export function authenticate(state: IdentityState, body: JsonObject): TokenRecord {
  const auth = objectAt(body, "auth");
  const proof = prove(state, objectAt(auth, "identity"));
  requireFactors(state, proof);
  return issueToken(state, proof, targetOf(state, auth.scope, proof));
}

/** Who has shown that he is who he says, and how. */
export interface Identified extends Pick<Proof, "user" | "methods"> {
  readonly applicationCredentialId?: string | undefined;
  readonly parent?: TokenRecord | undefined;
}

/**
 * A token for who has shown who he is.
 * @throws ApiError 401 when he has no role in the scope.
 */
export function issueToken(state: IdentityState, proof: Identified, target: Target = UNSCOPED): TokenRecord {
  const now = state.environment.now();
  const expiresAt = Math.min(proof.parent?.expiresAt ?? Number.POSITIVE_INFINITY, now + state.tokenLifetimeMs);
  const token: TokenRecord = {
    id: `gAAAAAB${Buffer.from(state.environment.random.bytes(88)).toString("base64url")}`,
    auditId: Buffer.from(state.environment.random.bytes(16)).toString("base64url"),
    userId: target.userId ?? proof.user.id,
    projectId: target.projectId,
    isSystem: target.isSystem,
    trustId: target.trustId,
    applicationCredentialId: proof.applicationCredentialId,
    methods: proof.methods,
    // What a Fernet token holds of it.
    issuedAt: now - (now % 1000),
    expiresAt,
    isRevoked: false,
  };
  if (!state.rolesToIssue(token)) throw rejected();
  state.tokens.set(token.id, token);
  return token;
}

/** Every named method has to succeed, for the same user. */
function prove(state: IdentityState, identity: JsonObject): Proof {
  const [first, ...others] = textsAt(identity, "methods").map((method) => proveBy(state, method, identity));
  if (!first || others.some(({ user }) => user.id !== first.user.id)) throw rejected();
  return { ...first, methods: [...new Set([first, ...others].flatMap(({ methods }) => methods))] };
}

/** What a user's rules want beside what was proven; the answer tells, with a receipt for what was. */
function requireFactors(state: IdentityState, { user, methods, parent }: Proof): void {
  const rules = user.factorRules ?? [];
  if (rules.length === 0 || parent || rules.some((rule) => rule.every((factor) => methods.includes(factor)))) return;
  throw new FactorsMissing({
    receipt: {
      methods,
      user: { id: user.id, name: user.name, domain: state.domains.get(user.domainId) },
      issued_at: tokenTime(state.environment.now()),
      expires_at: tokenTime(state.environment.now() + RECEIPT_LIFE_MS),
    },
    required_auth_methods: rules,
  });
}

/** ms; `[receipt] expiration` */
const RECEIPT_LIFE_MS = 300_000;

/**
 * Some factors were right, and more are wanted.
 * Source: https://docs.openstack.org/keystone/zed/admin/auth-receipts.html
 */
export class FactorsMissing extends ApiError {
  readonly answer: object;

  constructor(answer: object) {
    super(401, "Additional authentication is required.");
    this.answer = answer;
  }
}

function proveBy(state: IdentityState, method: string, identity: JsonObject): Proof {
  switch (method) {
    case "totp":
      return proveOneTimePassword(state, objectAt(objectAt(identity, "totp"), "user"));
    case "password":
      return provePassword(state, objectAt(objectAt(identity, "password"), "user"));
    case "token":
      return proveToken(state, textAt(objectAt(identity, "token"), "id"));
    case "application_credential":
      return proveApplicationCredential(state, objectAt(identity, "application_credential"));
    default:
      throw new ApiError(401, `Attempted to authenticate with an unsupported method.`);
  }
}

function provePassword(state: IdentityState, given: JsonObject): Proof {
  const user = findUser(state, given);
  if (!user?.isEnabled || user.password !== given.password) throw rejected();
  return { user, methods: ["password"], applicationCredentialId: undefined, parent: undefined };
}

function proveOneTimePassword(state: IdentityState, given: JsonObject): Proof {
  const user = findUser(state, given);
  const isRight = user?.totpSecret && isPasscode(user.totpSecret, given.passcode, state.environment.now());
  if (!user?.isEnabled || !isRight) throw rejected();
  return { user, methods: ["totp"], applicationCredentialId: undefined, parent: undefined };
}

function proveToken(state: IdentityState, id: string): Proof {
  const parent = state.tokens.get(id);
  const user = parent && state.users.get(parent.userId);
  const isValid = parent && parent.expiresAt > state.environment.now() && state.rolesOfToken(parent);
  if (!isValid || !user?.isEnabled) throw rejected();
  if (parent.trustId !== undefined)
    throw forbidden(
      "You are not authorized to perform the requested action: Using trust-scoped token to create another token. Create a new trust-scoped token instead.",
    );
  return {
    user,
    methods: [...new Set(["token", ...parent.methods])],
    applicationCredentialId: parent.applicationCredentialId,
    parent,
  };
}

function proveApplicationCredential(state: IdentityState, given: JsonObject): Proof {
  const id = optionalTextAt(given, "id");
  const name = optionalTextAt(given, "name");
  const owner = isObject(given.user) ? findUser(state, given.user) : undefined;
  const credential = id
    ? state.applicationCredentials.get(id)
    : state.applicationCredentials.values().find((each) => each.name === name && each.userId === owner?.id);
  const user = credential && state.users.get(credential.userId);
  if (!user?.isEnabled || credential?.secret !== given.secret) throw rejected();
  return { user, methods: ["application_credential"], applicationCredentialId: credential?.id, parent: undefined };
}

function findUser(state: IdentityState, given: JsonObject): User | undefined {
  const id = optionalTextAt(given, "id");
  if (id !== undefined) return state.users.get(id);
  const name = optionalTextAt(given, "name");
  const domain = findDomain(state, given);
  return name === undefined || domain === undefined ? undefined : state.userNamed(name, domain);
}

function findDomain(state: IdentityState, given: JsonObject): string | undefined {
  const domain = optionalObjectAt(given, "domain");
  const name = optionalTextAt(domain, "name");
  return optionalTextAt(domain, "id") ?? (name === undefined ? undefined : state.domainNamed(name)?.id);
}

function targetOf(state: IdentityState, scope: unknown, proof: Proof): Target {
  const credential = proof.applicationCredentialId && state.applicationCredentials.get(proof.applicationCredentialId);
  if (credential) return { projectId: credential.projectId, isSystem: false, trustId: undefined };
  if (!isObject(scope)) return { projectId: undefined, isSystem: false, trustId: undefined };
  if (isObject(scope["OS-TRUST:trust"])) return trustTarget(state, textAt(scope["OS-TRUST:trust"], "id"), proof);
  if (isObject(scope.system)) return { projectId: undefined, isSystem: true, trustId: undefined };
  if (isObject(scope.project)) {
    const id = optionalTextAt(scope.project, "id");
    const name = optionalTextAt(scope.project, "name");
    const domain = findDomain(state, scope.project);
    const project = id
      ? state.projects.get(id)
      : domain !== undefined && name !== undefined
        ? state.projectNamed(name, domain)
        : undefined;
    if (!project?.isEnabled) throw rejected();
    return { projectId: project.id, isSystem: false, trustId: undefined };
  }
  throw badRequest("Invalid scope");
}

function trustTarget(state: IdentityState, trustId: string, proof: Proof): Target {
  const trust = state.trusts.get(trustId);
  if (!trust) throw rejected();
  if (proof.user.id !== trust.trusteeId) throw forbidden("You are not authorized to perform the requested action.");
  if (!state.rolesOfTrust(trust)) throw forbidden("You are not authorized to perform the requested action.");
  const userId = trust.isImpersonating ? trust.trustorId : trust.trusteeId;
  return { projectId: trust.projectId, isSystem: false, trustId, userId };
}
