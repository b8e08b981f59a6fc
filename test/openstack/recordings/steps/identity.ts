import { listOf, PREFIX, passwordOf } from "../people.ts";
import type { Scene } from "../scene.ts";
import type { Stage } from "../stage.ts";

const NO_ID = "00000000000000000000000000000000";

/** Keystone: logins, tokens, trusts, projects, roles. */
export async function playIdentity(scene: Scene, stage: Stage): Promise<void> {
  await logIns(scene, stage);
  await tokens(scene, stage);
  await trusts(scene, stage);
  await applicationCredentials(scene, stage);
  await directory(scene, stage);
}

async function logIns(scene: Scene, { projectId, serviceProjectId }: Stage): Promise<void> {
  const member = passwordOf("member", PREFIX);
  const newcomer = (credential: Parameters<Scene["actor"]>[1]) => scene.actor("newcomer", credential);
  await scene.does("log in by password", newcomer(member), (cloud) => cloud.token());
  const unscoped = { ...member, scope: { kind: "unscoped" } as const };
  await scene.does("log in without a scope", newcomer(unscoped), (cloud) => cloud.token());
  const wrong = { ...member, password: "wrong" };
  await scene.refuses("log in with a wrong password", newcomer(wrong), (cloud) => cloud.token());
  const nobody = { ...member, username: `${PREFIX}-nobody` };
  await scene.refuses("log in as nobody", newcomer(nobody), (cloud) => cloud.token());
  const nowhere = passwordOf("member", `${PREFIX}-nowhere`);
  await scene.refuses("log in to a project that is not there", newcomer(nowhere), (cloud) => cloud.token());
  const elsewhere = { ...member, scope: { kind: "project_by_id", projectId: serviceProjectId } as const };
  await scene.refuses("log in to a project without a role in it", newcomer(elsewhere), (cloud) => cloud.token());
  const { value } = await newcomer(unscoped).cloud.token();
  const rescoped = { kind: "token", token: value, scope: { kind: "project_by_id", projectId } } as const;
  await scene.does("log in by an unscoped token", newcomer(rescoped), (cloud) => cloud.token());
  const unknown = { ...rescoped, token: "no-token" };
  await scene.refuses("log in by a token that is none", newcomer(unknown), (cloud) => cloud.token());
}

async function tokens(scene: Scene, stage: Stage): Promise<void> {
  const { service, member, stranger } = stage;
  const { value } = await member.cloud.token();
  await scene.does("validate a token", service, ({ identity }) => identity.validateToken(value));
  await scene.does("validate a token, expired or not", service, ({ identity }) =>
    identity.validateToken(value, { allowExpired: true }),
  );
  await scene.does("validate a token that is none", service, ({ identity }) => identity.validateToken("no-token"));
  await scene.refuses("validate a token of another", stranger, ({ identity }) => identity.validateToken(value));
  const trusted = await stage.trust.cloud.token();
  await scene.does("validate a token of a trust", service, ({ identity }) => identity.validateToken(trusted.value));
}

async function trusts(scene: Scene, stage: Stage): Promise<void> {
  const { member, service, stranger, memberId, serviceId, projectId } = stage;
  const wanted = { trustorUserId: memberId, trusteeUserId: serviceId, projectId, roleNames: ["member"] };
  const { id } = await scene.does("make a trust", member, ({ identity }) => identity.createTrust(wanted));
  const scope = { kind: "trust", trustId: id } as const;
  const byTrust = scene.actor("tenant's trust", { ...passwordOf("service", ""), scope });
  await scene.does("log in by a trust", byTrust, (cloud) => cloud.token());
  await scene.does("find a trust", service, ({ identity }) => identity.findTrust(id));
  await scene.does("find a trust", member, ({ identity }) => identity.findTrust(id));
  await scene.does("find a trust that is not there", service, ({ identity }) => identity.findTrust(NO_ID));
  await scene.refuses("find a trust of others", stranger, ({ identity }) => identity.findTrust(id));
  await listTrusts(scene, stage);
  await scene.refuses("make a trust for another", service, ({ identity }) => identity.createTrust(wanted));
  await scene.refuses("make a trust of a trust", byTrust, ({ identity }) => identity.createTrust(wanted));
  const unknownRole = { ...wanted, roleNames: [`${PREFIX}-role`] };
  await scene.refuses("make a trust with a role that is not there", member, ({ identity }) =>
    identity.createTrust(unknownRole),
  );
  const otherRole = { ...wanted, roleNames: ["admin"] };
  await scene.refuses("make a trust with a role one has not", member, ({ identity }) =>
    identity.createTrust(otherRole),
  );
  const thief = scene.actor("peer credential", { ...passwordOf("peer", ""), scope });
  await scene.refuses("log in by a trust to another", thief, (cloud) => cloud.token());
  const { value } = await byTrust.cloud.token();
  const ofToken = { kind: "token", token: value, scope: { kind: "project_by_id", projectId } } as const;
  await scene.refuses("use a token of a trust as a login", scene.actor("tenant's trust", ofToken), (cloud) =>
    cloud.token(),
  );
  await withoutRole(scene, stage, () => {
    const poor = scene.actor("tenant's trust", { ...passwordOf("service", ""), scope });
    return scene.refuses("log in by a trust whose giver lost the role", poor, (cloud) => cloud.token());
  });
  const second = await scene.does("make a trust", member, ({ identity }) => identity.createTrust(wanted));
  const bySecond = { ...passwordOf("service", ""), scope: { kind: "trust", trustId: second.id } as const };
  await scene.does("end a trust by a token of its own", scene.actor("tenant's trust", bySecond), ({ identity }) =>
    identity.deleteTrust(second.id),
  );
  await scene.does("end a trust", member, ({ identity }) => identity.deleteTrust(id));
  await scene.does("end a trust that has ended", member, ({ identity }) => identity.deleteTrust(id));
  const ended = scene.actor("tenant's trust", { ...passwordOf("service", ""), scope });
  await scene.refuses("log in by a trust that has ended", ended, (cloud) => cloud.token());
  await scene.refuses("end a trust of another", stranger, ({ identity }) => identity.deleteTrust(stage.trustId));
}

/** Each side of a trust lists its own. */
async function listTrusts(scene: Scene, { member, service, stranger, memberId, serviceId }: Stage): Promise<void> {
  await scene.does("list the trusts that one was given", service, ({ identity }) =>
    identity.listTrusts({ trusteeUserId: serviceId }),
  );
  await scene.does("list the trusts that one has given", member, ({ identity }) =>
    identity.listTrusts({ trustorUserId: memberId }),
  );
  await scene.refuses("list the trusts of another", stranger, ({ identity }) =>
    identity.listTrusts({ trustorUserId: memberId }),
  );
}

/** Does something while the member has no role in the project. */
async function withoutRole(scene: Scene, stage: Stage, work: () => Promise<void>): Promise<void> {
  const { administrator, memberId, projectId } = stage;
  const roles = await scene.raw(administrator, { service: "identity", method: "GET", path: "/roles?name=member" });
  const path = `/projects/${projectId}/users/${memberId}/roles/${listOf(roles, "roles")[0]?.id}`;
  await scene.raw(administrator, { service: "identity", method: "DELETE", path });
  await work();
  await scene.raw(administrator, { service: "identity", method: "PUT", path });
}

async function applicationCredentials(scene: Scene, stage: Stage): Promise<void> {
  const { member, service, memberId, serviceId, projectId } = stage;
  const make = async (name: string, more: object) => {
    const application_credential = { name: `${PREFIX}-${name}`, secret: "recording-secret", ...more };
    const path = `/users/${memberId}/application_credentials`;
    const answer = await scene.raw(member, {
      service: "identity",
      method: "POST",
      path,
      body: { application_credential },
    });
    return (answer as { readonly application_credential: { readonly id: string } }).application_credential.id;
  };
  const plain = { kind: "application_credential", id: await make("plain", {}), secret: "recording-secret" } as const;
  const robot = scene.actor("member's application credential", plain);
  const { value } = await scene.does("log in by an application credential", robot, (cloud) => cloud.token());
  await scene.does("validate a token of an application credential", service, ({ identity }) =>
    identity.validateToken(value),
  );
  const byName = {
    kind: "application_credential_by_name",
    name: `${PREFIX}-plain`,
    secret: "recording-secret",
    username: `${PREFIX}-member`,
    userDomainName: "Default",
  } as const;
  await scene.does(
    "log in by the name of an application credential",
    scene.actor("member's application credential", byName),
    (cloud) => cloud.token(),
  );
  const wanted = { trustorUserId: memberId, trusteeUserId: serviceId, projectId, roleNames: ["member"] };
  await scene.refuses("make a trust by an application credential", robot, ({ identity }) =>
    identity.createTrust(wanted),
  );
  const access_rules = [{ service: "compute", method: "GET", path: "/v2.1/servers" }];
  const ruled = { ...plain, id: await make("ruled", { access_rules }) };
  const bound = scene.actor("member's application credential with rules", ruled);
  const issued = await scene.does("log in by an application credential with rules", bound, (cloud) => cloud.token());
  await scene.does("validate a token with access rules", service, ({ identity }) =>
    identity.validateToken(issued.value),
  );
}

async function directory(scene: Scene, stage: Stage): Promise<void> {
  const { service, member, stranger, projectId, memberId, serviceId } = stage;
  await scene.does("find a project", service, ({ identity }) => identity.findProject(projectId));
  await scene.does("find one's own project", member, ({ identity }) => identity.findProject(projectId));
  await scene.refuses("find a project of others", stranger, ({ identity }) => identity.findProject(projectId));
  await scene.does("find a project that is not there", service, ({ identity }) => identity.findProject(NO_ID));
  await scene.does("list projects by name", service, ({ identity }) => identity.listProjects({ name: PREFIX }));
  await scene.refuses("list projects by name", member, ({ identity }) => identity.listProjects({ name: PREFIX }));
  await scene.does("find a user", service, ({ identity }) => identity.findUser(memberId));
  await scene.does("find a user that is not there", service, ({ identity }) => identity.findUser(NO_ID));
  await scene.refuses("find a user", stranger, ({ identity }) => identity.findUser(memberId));
  await scene.does("list the roles of a user", service, ({ identity }) => identity.rolesOf(memberId, projectId));
  await scene.refuses("list the roles of a user", member, ({ identity }) => identity.rolesOf(memberId, projectId));
  await scene.does("give a role", service, ({ identity }) => identity.grantRole(serviceId, projectId, "member"));
  await scene.refuses("give a role", member, ({ identity }) => identity.grantRole(serviceId, projectId, "member"));
  const grant = `/projects/${projectId}/users/${serviceId}/roles`;
  const [role] = (
    (await scene.raw(service, { service: "identity", method: "GET", path: grant })) as { roles: { id: string }[] }
  ).roles;
  await scene.raw(service, { service: "identity", method: "DELETE", path: `${grant}/${role?.id}` });
}
