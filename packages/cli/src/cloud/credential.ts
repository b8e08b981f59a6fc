import type { Credential } from "@protector/openstack";
import { UsageError } from "../exit-codes.ts";
import type { CloudEntry } from "./cloud-entry.ts";

type Scope = Extract<Credential, { kind: "password" }>["scope"];

/**
 * The login that an entry describes.
 * @throws UsageError that names what the entry lacks.
 */
export function credentialOf(entry: CloudEntry): Credential {
  switch (methodOf(entry)) {
    case "token":
      return { kind: "token", token: required(entry, "token"), scope: scopeOf(entry) };
    case "application_credential":
      return applicationCredential(entry);
    case "password":
      return passwordCredential(entry);
  }
}

/** Whether an entry says enough for a login of a kind that is known here. */
export function canLogIn(entry: CloudEntry): boolean {
  try {
    credentialOf(entry);
    return true;
  } catch (error) {
    if (error instanceof UsageError) return false;
    throw error;
  }
}

function methodOf({ name, auth, authType }: CloudEntry): "password" | "token" | "application_credential" {
  const type = authType?.replace(/^v3/, "").replaceAll("_", "");
  if (type === "password" || type === "token") return type;
  if (type === "applicationcredential") return "application_credential";
  if (type !== undefined)
    throw new UsageError(
      `Cloud "${name}": auth_type ${authType} is not supported. Use password, token or v3applicationcredential.`,
    );
  if (auth.application_credential_secret) return "application_credential";
  return auth.token && !auth.password ? "token" : "password";
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
    userDomainName: domainOf(entry, "user"),
  };
}

function passwordCredential(entry: CloudEntry): Credential {
  const { auth } = entry;
  const password = required(entry, "password");
  const scope = scopeOf(entry);
  if (auth.user_id) return { kind: "password_by_id", userId: auth.user_id, password, scope };
  const username = required(entry, "username");
  return { kind: "password", username, password, userDomainName: domainOf(entry, "user"), scope };
}

function scopeOf(entry: CloudEntry): Scope {
  const { auth } = entry;
  if (auth.project_id) return { kind: "project_by_id", projectId: auth.project_id };
  if (auth.project_name)
    return { kind: "project", projectName: auth.project_name, projectDomainName: domainOf(entry, "project") };
  if (auth.system_scope) return { kind: "system" };
  throw new UsageError(`Cloud "${entry.name}" names no project. Set project_name in its auth section.`);
}

/** Domain by name; the id `default` is that of the domain `Default` in every Keystone. */
function domainOf({ name, auth }: CloudEntry, whose: "user" | "project"): string {
  const byName = auth[`${whose}_domain_name`] ?? auth.domain_name;
  if (byName) return byName;
  const byId = auth[`${whose}_domain_id`] ?? auth.domain_id ?? "default";
  if (byId === "default") return "Default";
  throw new UsageError(`Cloud "${name}": name the domain with ${whose}_domain_name instead of ${whose}_domain_id.`);
}

function required({ name, auth }: CloudEntry, key: string): string {
  const value = auth[key];
  if (value !== undefined) return value;
  throw new UsageError(`Cloud "${name}" lacks ${key} in its auth section.`);
}
