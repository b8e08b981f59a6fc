import { PASSWORDS, REGION, type Site } from "../site.ts";
import { Admin, type Named } from "./admin.ts";

/** Services beside Keystone, with the port and path of their endpoints. */
const ENDPOINTS = [
  { type: "image", name: "glance", url: ":9292" },
  { type: "placement", name: "placement", url: ":8778" },
  { type: "compute", name: "nova", url: ":8774/v2.1" },
  { type: "volumev3", name: "cinderv3", url: ":8776/v3/%(project_id)s" },
  { type: "network", name: "neutron", url: ":9696" },
] as const;

const USERS = [
  ...["nova", "glance", "placement", "cinder", "neutron"].map((name) => ({
    name,
    password: PASSWORDS.service,
    project: "service",
    roles: ["admin", "service"],
  })),
  { name: "demo", password: PASSWORDS.demo, project: "demo", roles: ["member"] },
];

/** Registers users, roles and endpoints in Keystone; what exists stays as it is. */
export async function registerIdentity(site: Site): Promise<void> {
  const admin = await Admin.login(site);
  const roles = await ensure(admin, "role", ["service", "member"]);
  const projects = await ensure(admin, "project", ["service", "demo"]);
  const passwords = new Map(USERS.map(({ name, password }) => [name, password]));
  const users = await ensure(admin, "user", [...passwords.keys()], (name) => ({ password: passwords.get(name) }));
  for (const { name, project, roles: names } of USERS) {
    for (const role of names) {
      const path = `/projects/${projects.get(project)}/users/${users.get(name)}/roles/${roles.get(role)}`;
      await admin.send({ service: "identity", method: "PUT", path });
    }
  }
  await ensureEndpoints(admin, site);
}

async function ensureEndpoints(admin: Admin, site: Site): Promise<void> {
  const types = new Map(ENDPOINTS.map(({ name, type }) => [name as string, type]));
  const services = await ensure(admin, "service", [...types.keys()], (name) => ({ type: types.get(name) }));
  const existing = await admin.list<{ service_id: string; interface: string }>(
    { service: "identity", path: "/endpoints" },
    "endpoints",
  );
  for (const { name, url } of ENDPOINTS) {
    for (const face of ["public", "internal", "admin"]) {
      const serviceId = services.get(name);
      if (existing.some((one) => one.service_id === serviceId && one.interface === face)) continue;
      const address = `http://${site.name}-controller${url}`;
      const endpoint = { service_id: serviceId, interface: face, url: address, region_id: REGION };
      await admin.send({ service: "identity", method: "POST", path: "/endpoints", body: { endpoint } });
    }
  }
}

/** @returns identifiers by name, of those that existed and those that were made. */
async function ensure(
  admin: Admin,
  kind: "role" | "project" | "user" | "service",
  names: readonly string[],
  details: (name: string) => object = () => ({}),
): Promise<ReadonlyMap<string, string>> {
  const path = `/${kind}s`;
  const known = await admin.list({ service: "identity", path }, `${kind}s`);
  const ids = new Map(known.map(({ id, name }) => [name, id]));
  const domain = kind === "project" || kind === "user" ? { domain_id: "default" } : {};
  for (const name of names) {
    if (ids.has(name)) continue;
    const body = { [kind]: { name, ...domain, ...details(name) } };
    const answer = (await admin.send({ service: "identity", method: "POST", path, body })) as Record<string, Named>;
    ids.set(name, answer[kind]?.id ?? "");
  }
  return ids;
}
