import type { Credential } from "@protector/openstack";
import type { Actor, Scene } from "./scene.ts";

/** Prefix of everything that a recording makes. */
export const PREFIX = "protector-recording";

/** Password of the users that a recording makes. */
const PASSWORD = "recording-secret";

/** The callers of one tenant's story, each with what it may do. */
export interface People {
  /** Who prepares and cleans up. */
  readonly administrator: Actor;
  /** Plain member of the tenant's project. */
  readonly member: Actor;
  /** Protector's service user: administrator in a project of its own. */
  readonly service: Actor;
  /** The account that the other site is registered with: an administrator as well. */
  readonly peer: Actor;
  /** The service user acting by a trust of the member. */
  readonly trust: Actor;
  /** Plain member of another project. */
  readonly stranger: Actor;
  readonly projectId: string;
  readonly serviceProjectId: string;
  readonly memberId: string;
  readonly serviceId: string;
  readonly trustId: string;
}

/** Makes projects, users and the trust. */
export async function makePeople(scene: Scene): Promise<People> {
  const administrator = scene.actor("administrator", scene.target.administrator);
  const projectId = await makeProject(scene, administrator, PREFIX);
  const otherProjectId = await makeProject(scene, administrator, `${PREFIX}-other`);
  const serviceProjectId = await makeProject(scene, administrator, `${PREFIX}-services`);
  const memberId = await makeUser(scene, administrator, `${PREFIX}-member`);
  const strangerId = await makeUser(scene, administrator, `${PREFIX}-stranger`);
  const serviceId = await makeUser(scene, administrator, `${PREFIX}-service`);
  const peerId = await makeUser(scene, administrator, `${PREFIX}-peer`);
  const { identity } = administrator.cloud;
  await identity.grantRole(memberId, projectId, "member");
  await identity.grantRole(strangerId, otherProjectId, "member");
  await identity.grantRole(serviceId, serviceProjectId, "admin");
  await identity.grantRole(peerId, serviceProjectId, "admin");
  const member = scene.actor("member", passwordOf("member", PREFIX));
  const { id: trustId } = await member.cloud.identity.createTrust({
    trustorUserId: memberId,
    trusteeUserId: serviceId,
    projectId,
    roleNames: ["member"],
  });
  const service = passwordOf("service", `${PREFIX}-services`);
  return {
    administrator,
    member,
    service: scene.actor("service user", service),
    peer: scene.actor("peer credential", passwordOf("peer", `${PREFIX}-services`)),
    trust: scene.actor("tenant's trust", { ...service, scope: { kind: "trust", trustId } }),
    stranger: scene.actor("member of another project", passwordOf("stranger", `${PREFIX}-other`)),
    projectId,
    serviceProjectId,
    memberId,
    serviceId,
    trustId,
  };
}

/** Login of one of the users, by the end of its name. */
export function passwordOf(user: string, projectName: string): Credential & { readonly kind: "password" } {
  return {
    kind: "password",
    username: `${PREFIX}-${user}`,
    password: PASSWORD,
    userDomainName: "Default",
    scope: { kind: "project", projectName, projectDomainName: "Default" },
  };
}

/** Deletes users and projects, those of an interrupted run too. */
export async function removePeople(scene: Scene, administrator: Actor): Promise<void> {
  for (const kind of ["user", "project"] as const) {
    const path = `/${kind}s`;
    const answer = await scene.raw(administrator, { service: "identity", method: "GET", path });
    for (const each of listOf(answer, `${kind}s`)) {
      if (!String(each.name).startsWith(PREFIX)) continue;
      await scene.raw(administrator, { service: "identity", method: "DELETE", path: `${path}/${each.id}` });
    }
  }
}

/** Objects of a list in an answer. */
export function listOf(answer: unknown, key: string): readonly Readonly<Record<string, unknown>>[] {
  const list = (answer as Readonly<Record<string, unknown>> | null)?.[key];
  return Array.isArray(list) ? list : [];
}

/** `id` of the object under `key` of an answer. */
export function idOf(answer: unknown, key: string): string {
  const object = (answer as Readonly<Record<string, { readonly id?: string }>> | null)?.[key];
  if (typeof object?.id !== "string") throw new Error(`the answer has no ${key} with an id: ${JSON.stringify(answer)}`);
  return object.id;
}

async function makeProject(scene: Scene, administrator: Actor, name: string): Promise<string> {
  const body = { project: { name, domain_id: "default" } };
  return idOf(
    await scene.raw(administrator, { service: "identity", method: "POST", path: "/projects", body }),
    "project",
  );
}

async function makeUser(scene: Scene, administrator: Actor, name: string): Promise<string> {
  const body = { user: { name, password: PASSWORD, domain_id: "default" } };
  return idOf(await scene.raw(administrator, { service: "identity", method: "POST", path: "/users", body }), "user");
}
