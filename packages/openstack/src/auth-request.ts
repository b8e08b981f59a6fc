import type { Credential, Scope } from "./cloud.ts";

/**
 * Body of `POST /v3/auth/tokens`.
 * Source: https://docs.openstack.org/api-ref/identity/v3/#authentication-and-token-management
 */
export function authRequest(credential: Credential): object {
  switch (credential.kind) {
    case "password": {
      const user = {
        name: credential.username,
        domain: { name: credential.userDomainName },
        password: credential.password,
      };
      return auth({ methods: ["password"], password: { user } }, credential.scope);
    }
    case "password_by_id": {
      const user = { id: credential.userId, password: credential.password };
      return auth({ methods: ["password"], password: { user } }, credential.scope);
    }
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
        user: { name: credential.username, domain: { name: credential.userDomainName } },
      };
      return auth({ methods: ["application_credential"], application_credential });
    }
  }
}

/** An application credential has its scope already: naming one is an error to Keystone. */
function auth(identity: object, scope?: Scope): object {
  return { auth: scope === undefined ? { identity } : { identity, scope: scopeBody(scope) } };
}

function scopeBody(scope: Scope): object | string {
  switch (scope.kind) {
    case "project":
      return { project: { name: scope.projectName, domain: { name: scope.projectDomainName } } };
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
