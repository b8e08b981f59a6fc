import type { ApplicationCredential } from "@protector/openstack";

/** The call that a caller makes. */
export interface CallerRequest {
  readonly method: string;
  /** Path without query, as the client sent it. */
  readonly path: string;
}

/**
 * Whether the access rules of an application credential allow a call. A credential without rules allows all, one with an
 * empty list nothing.
 *
 * @param serviceType how rules name this service.
 */
export function mayCall(credential: ApplicationCredential, request: CallerRequest, serviceType: string): boolean {
  if (credential.accessRules === undefined) return true;
  return credential.accessRules.some(
    (rule) =>
      rule.service === serviceType &&
      rule.method.toUpperCase() === request.method.toUpperCase() &&
      pathPattern(rule.path).test(request.path),
  );
}

/**
 * `*` and `{name}` stand for one part of the path, `**` for any number.
 * Source: https://docs.openstack.org/keystone/latest/user/application_credentials.html#access-rules
 */
function pathPattern(pattern: string): RegExp {
  const source = pattern.replace(/\*\*|\*|\{[^}]*\}|[.+?^${}()|[\]\\/]/g, (found) => {
    if (found === "**") return ".*";
    if (found === "*" || found.startsWith("{")) return "[^/]+";
    return `\\${found}`;
  });
  return new RegExp(`^${source}$`);
}
