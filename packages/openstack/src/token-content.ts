import { type Fields, readJson } from "./answer.ts";
import type { ApplicationCredential, CatalogService, Token } from "./identity.ts";

const INTERFACES = ["public", "internal", "admin"] as const;

/**
 * Reads the body of an answer to `GET` or `POST /v3/auth/tokens` that another program was given.
 * @throws OutsideError when it is no such body.
 */
export function readTokenBody(body: string): Token {
  const source = { service: "keystone", call: "token", status: 200, remoteRequestId: undefined, isWrite: false };
  return readToken(readJson(body, source).object("token"));
}

/** Reads the `token` object of `GET` and `POST /v3/auth/tokens`. */
export function readToken(token: Fields): Token {
  const user = token.object("user");
  const project = token.optionalObject("project");
  return {
    userId: user.text("id"),
    userName: user.text("name"),
    userDomainId: user.object("domain").text("id"),
    passwordExpiresAt: user.optionalText("password_expires_at"),
    projectId: project?.text("id"),
    projectName: project?.text("name"),
    projectDomainId: project?.optionalObject("domain")?.optionalText("id"),
    isSystemScoped: token.optionalObject("system")?.flag("all") ?? false,
    roles: token.optionalList("roles").map((role) => role.text("name")),
    methods: token.texts("methods"),
    expiresAt: token.text("expires_at"),
    issuedAt: token.text("issued_at"),
    trustId: token.optionalObject("OS-TRUST:trust")?.text("id"),
    applicationCredential: readApplicationCredential(token.optionalObject("application_credential")),
    catalog: token.optionalList("catalog").map(readService),
  };
}

function readApplicationCredential(credential: Fields | undefined): ApplicationCredential | undefined {
  if (!credential) return undefined;
  const rules = credential.optionalList("access_rules").map((rule) => ({
    service: rule.text("service"),
    method: rule.text("method"),
    path: rule.text("path"),
  }));
  return {
    id: credential.text("id"),
    isRestricted: credential.flag("restricted"),
    accessRules: credential.has("access_rules") ? rules : undefined,
  };
}

function readService(service: Fields): CatalogService {
  const endpoints = service.optionalList("endpoints").flatMap((endpoint) => {
    const face = INTERFACES.find((name) => name === endpoint.optionalText("interface"));
    const region = endpoint.optionalText("region_id") ?? endpoint.optionalText("region") ?? "";
    return face ? [{ interface: face, region, url: endpoint.text("url") }] : [];
  });
  return { type: service.text("type"), name: service.optionalText("name") ?? "", endpoints };
}
