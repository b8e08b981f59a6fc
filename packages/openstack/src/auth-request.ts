import type { Credential, Domain, Scope } from "./cloud.ts";

/**
 * Body of `POST /v3/auth/tokens`.
 * Source: https://docs.openstack.org/api-ref/identity/v3/#authentication-and-token-management
 */
export async function authRequest(credential: Exclude<Credential, { kind: "oidc" }>): Promise<object> {
  switch (credential.kind) {
    case "password": {
      const user = {
        name: credential.username,
        domain: domain(credential.userDomainName, credential.userDomainId),
      };
      return withPassword(user, credential);
    }
    case "password_by_id": {
      return withPassword({ id: credential.userId }, credential);
    }
    case "totp":
      return auth(
        { methods: ["totp"], totp: { user: { ...credential.user, passcode: await credential.passcode() } } },
        credential.scope,
      );
    case "token":
      return auth({ methods: ["token"], token: { id: credential.token } }, credential.scope);
    case "application_credential": {
      const application_credential = { id: credential.id, secret: credential.secret };
      return auth({ methods: ["application_credential"], application_credential });
    }
    case "application_credential_by_name": {
      const application_credential = {
        name: credential.name,
        secret: credential.secret,
        user: { name: credential.username, domain: domain(credential.userDomainName, credential.userDomainId) },
      };
      return auth({ methods: ["application_credential"], application_credential });
    }
  }
}

interface PasswordLogin {
  readonly password: string;
  readonly passcode?: () => Promise<string>;
  readonly scope: Scope;
}

/** With a passcode both methods have to succeed: that is multi-factor authentication. */
async function withPassword(user: object, { password, passcode, scope }: PasswordLogin): Promise<object> {
  const identity = { methods: ["password"], password: { user: { ...user, password } } };
  if (passcode === undefined) return auth(identity, scope);
  return auth(
    { ...identity, methods: ["password", "totp"], totp: { user: { ...user, passcode: await passcode() } } },
    scope,
  );
}

function domain(name: string, id: string | undefined): Domain {
  return id === undefined ? { name } : { id };
}

/** An application credential has its scope already: naming one is an error to Keystone. */
function auth(identity: object, scope?: Scope): object {
  return { auth: scope === undefined ? { identity } : { identity, scope: scopeBody(scope) } };
}

function scopeBody(scope: Scope): object | string {
  switch (scope.kind) {
    case "project":
      return { project: { name: scope.projectName, domain: domain(scope.projectDomainName, scope.projectDomainId) } };
    case "project_by_id":
      return { project: { id: scope.projectId } };
    case "trust":
      return { "OS-TRUST:trust": { id: scope.trustId } };
    case "system":
      return { system: { all: true } };
    case "unscoped":
      return "unscoped";
  }
}
