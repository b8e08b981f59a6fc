import type { Credential, Domain } from "@protector/openstack";
import { UsageError } from "../exit-codes.ts";
import type { CloudEntry } from "./cloud-entry.ts";
import type { OidcRequest } from "./oidc.ts";

type Scope = Extract<Credential, { kind: "password" }>["scope"];

/** What a login may have to ask somebody else, when it is made. */
export interface LoginQuestions {
  /** A one-time password, of the person at the terminal. */
  passcode(cloud: string): Promise<string>;
  /** An access token, of an OpenID provider. */
  accessToken(request: OidcRequest): Promise<string>;
}

type Method = "password" | "token" | "application_credential" | "totp" | "multifactor" | OidcMethod;
type OidcMethod = "oidc_client_credentials" | "oidc_device" | "oidc_access_token";

/** Values of `auth_type`, without `v3` and underscores. */
const METHODS: Readonly<Record<string, Method>> = {
  password: "password",
  token: "token",
  applicationcredential: "application_credential",
  totp: "totp",
  multifactor: "multifactor",
  oidcclientcredentials: "oidc_client_credentials",
  oidcdeviceauthz: "oidc_device",
  oidcaccesstoken: "oidc_access_token",
};

/**
 * The login that an entry describes.
 * @throws UsageError that names what the entry lacks.
 */
export function credentialOf(entry: CloudEntry, questions: LoginQuestions): Credential {
  const method = methodOf(entry);
  switch (method) {
    case "token":
      return { kind: "token", token: required(entry, "token"), scope: scopeOf(entry) };
    case "application_credential":
      return applicationCredential(entry);
    case "password":
      return passwordCredential(entry);
    case "totp":
      return { kind: "totp", user: userOf(entry), passcode: passcodeOf(entry, questions), scope: scopeOf(entry) };
    case "multifactor":
      requireFactors(entry);
      return { ...passwordCredential(entry), passcode: passcodeOf(entry, questions) };
    case "oidc_client_credentials":
    case "oidc_device":
    case "oidc_access_token":
      return oidcCredential(entry, method, questions);
  }
}

const NO_QUESTIONS: LoginQuestions = {
  passcode: async () => "",
  accessToken: async () => "",
};

/** Whether an entry says enough for a login of a kind that is known here. */
export function canLogIn(entry: CloudEntry): boolean {
  try {
    credentialOf(entry, NO_QUESTIONS);
    return true;
  } catch (error) {
    if (error instanceof UsageError) return false;
    throw error;
  }
}

/** Whether the entry's token itself is the login. */
export function isTokenGiven(entry: CloudEntry): boolean {
  return methodOf(entry) === "token";
}

function methodOf({ name, auth, authType }: CloudEntry): Method {
  if (authType !== undefined) {
    const method = METHODS[authType.replace(/^v3/, "").replaceAll("_", "")];
    if (method) return method;
    const known = "password, token, v3applicationcredential, v3totp, v3multifactor, v3oidcclientcredentials";
    throw new UsageError(
      `Cloud "${name}": auth_type ${authType} is not supported. Use ${known}, v3oidcdeviceauthz or v3oidcaccesstoken; or log in with openstack: openstack protector …`,
    );
  }
  if (auth.application_credential_secret) return "application_credential";
  return auth.token && !auth.password ? "token" : "password";
}

function userOf(entry: CloudEntry): Extract<Credential, { kind: "totp" }>["user"] {
  const { auth } = entry;
  if (auth.user_id) return { id: auth.user_id };
  const { name, id } = domainOf(entry, "user");
  const domain: Domain = id === undefined ? { name } : { id };
  return { name: required(entry, "username"), domain };
}

/** A one-time password counts once: it is asked for when a login is made, not kept. */
function passcodeOf({ name, auth }: CloudEntry, questions: LoginQuestions): () => Promise<string> {
  const { passcode } = auth;
  return async () => passcode ?? questions.passcode(name);
}

function requireFactors({ name, auth }: CloudEntry): void {
  const factors = (auth.auth_methods ?? "").split(",").map((factor) => factor.trim().replace(/^v3/, ""));
  if (factors.length === 2 && factors.includes("password") && factors.includes("totp")) return;
  throw new UsageError(`Cloud "${name}": auth_methods has to be v3password and v3totp.`);
}

function oidcCredential(entry: CloudEntry, method: OidcMethod, questions: LoginQuestions): Credential {
  const { auth } = entry;
  const given = {
    kind: "oidc",
    identityProvider: required(entry, "identity_provider"),
    protocol: required(entry, "protocol"),
    scope: scopeOf(entry),
  } as const;
  if (method === "oidc_access_token") {
    const token = required(entry, "access_token");
    return { ...given, accessToken: async () => token };
  }
  const request: OidcRequest = {
    flow: method === "oidc_device" ? "device" : "client_credentials",
    cloud: entry.name,
    clientId: required(entry, "client_id"),
    clientSecret: method === "oidc_device" ? auth.client_secret : required(entry, "client_secret"),
    scope: auth.openid_scope ?? "openid profile",
    discoveryEndpoint: auth.discovery_endpoint,
    accessTokenEndpoint: auth.access_token_endpoint,
    deviceEndpoint: auth.device_authorization_endpoint,
  };
  return { ...given, accessToken: () => questions.accessToken(request) };
}

function applicationCredential(entry: CloudEntry): Credential {
  const { auth } = entry;
  const secret = required(entry, "application_credential_secret");
  if (auth.application_credential_id)
    return { kind: "application_credential", id: auth.application_credential_id, secret };
  return {
    kind: "application_credential_by_name",
    name: required(entry, "application_credential_name"),
    secret,
    username: required(entry, "username"),
    ...userDomainOf(entry),
  };
}

function userDomainOf(entry: CloudEntry) {
  const { name, id } = domainOf(entry, "user");
  return { userDomainName: name, ...(id === undefined ? {} : { userDomainId: id }) };
}

function passwordCredential(entry: CloudEntry): Extract<Credential, { readonly password: string }> {
  const { auth } = entry;
  const password = required(entry, "password");
  const scope = scopeOf(entry);
  if (auth.user_id) return { kind: "password_by_id", userId: auth.user_id, password, scope };
  const username = required(entry, "username");
  return { kind: "password", username, password, ...userDomainOf(entry), scope };
}

function scopeOf(entry: CloudEntry): Scope {
  const { auth } = entry;
  if (auth.project_id) return { kind: "project_by_id", projectId: auth.project_id };
  if (auth.project_name) {
    const { name, id } = domainOf(entry, "project");
    const domain = { projectDomainName: name, ...(id === undefined ? {} : { projectDomainId: id }) };
    return { kind: "project", projectName: auth.project_name, ...domain };
  }
  if (auth.system_scope) return { kind: "system" };
  throw new UsageError(`Cloud "${entry.name}" names no project. Set project_name in its auth section.`);
}

/** A domain is named, or has an id; without both it is the one that every Keystone has. */
function domainOf(
  { auth }: CloudEntry,
  whose: "user" | "project",
): { readonly name: string; readonly id: string | undefined } {
  const name = auth[`${whose}_domain_name`] ?? auth.domain_name;
  const id = auth[`${whose}_domain_id`] ?? auth.domain_id ?? auth.default_domain;
  return { name: name ?? "Default", id: name === undefined ? id : undefined };
}

function required({ name, auth }: CloudEntry, key: string): string {
  const value = auth[key];
  if (value !== undefined) return value;
  throw new UsageError(`Cloud "${name}" lacks ${key} in its auth section.`);
}
