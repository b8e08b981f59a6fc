/** Headers by which services behind keystonemiddleware learn who calls: never believed from outside. */
const NAMES: ReadonlySet<string> = new Set([
  "x-identity-status",
  "x-service-identity-status",
  "x-service-catalog",
  "x-is-admin-project",
  "x-openstack-system-scope",
  "openstack-system-scope",
  "x-user",
  "x-tenant",
  "x-tenant-id",
  "x-tenant-name",
  "x-role",
]);
const PATTERN =
  /^x-(service-)?(user|project|domain|tenant|roles?|user-domain|project-domain)(-(id|name))?$|^x-(service-)?roles$/;

/** The same headers without those that claim an identity. @param headers names in lower case. */
export function withoutIdentityHeaders<T>(headers: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !NAMES.has(name) && !PATTERN.test(name)));
}
