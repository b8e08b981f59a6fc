import { OutsideError } from "@protector/ports";
import type { Fields } from "./answer.ts";
import type { IdentityClient, Project, Token, Trust } from "./identity.ts";
import type { ServiceCaller } from "./request.ts";
import { readToken } from "./token-content.ts";

/** Keystone over HTTP. */
export class KeystoneClient implements IdentityClient {
  readonly #keystone: ServiceCaller;

  constructor(keystone: ServiceCaller) {
    this.#keystone = keystone;
  }

  async validateToken(token: string, options?: { readonly allowExpired?: boolean }): Promise<Token | undefined> {
    const answer = await this.#keystone.send({
      method: "GET",
      path: "/auth/tokens",
      query: { allow_expired: options?.allowExpired ? "1" : undefined },
      // Without the second header Keystone denies tokens of application credentials that have access rules.
      headers: { "x-subject-token": token, "openstack-identity-access-rules": "1.0" },
      accept: [404],
    });
    const fields = answer.fields();
    return answer.status === 404 ? undefined : readToken(fields.object("token"));
  }

  async createTrust(request: Parameters<IdentityClient["createTrust"]>[0]): Promise<{ readonly id: string }> {
    const trust = {
      trustor_user_id: request.trustorUserId,
      trustee_user_id: request.trusteeUserId,
      project_id: request.projectId,
      impersonation: true,
      allow_redelegation: false,
      roles: request.roleNames.map((name) => ({ name })),
    };
    const answer = await this.#keystone.send({ method: "POST", path: "/OS-TRUST/trusts", body: { trust } });
    return { id: answer.fields().object("trust").text("id") };
  }

  async findTrust(id: string): Promise<Trust | undefined> {
    const trust = await this.#keystone.find(`/OS-TRUST/trusts/${encodeURIComponent(id)}`, "trust");
    return trust && readTrust(trust);
  }

  async listTrusts(of: Parameters<IdentityClient["listTrusts"]>[0]): Promise<readonly Trust[]> {
    const query = "trustorUserId" in of ? { trustor_user_id: of.trustorUserId } : { trustee_user_id: of.trusteeUserId };
    return (await this.#keystone.list("/OS-TRUST/trusts", "trusts", query)).map(readTrust);
  }

  deleteTrust(id: string): Promise<void> {
    return this.#keystone.remove(`/OS-TRUST/trusts/${encodeURIComponent(id)}`);
  }

  async findProject(id: string): Promise<Project | undefined> {
    const project = await this.#keystone.find(`/projects/${encodeURIComponent(id)}`, "project");
    return project && readProject(project);
  }

  async listProjects(filter: Parameters<IdentityClient["listProjects"]>[0]): Promise<readonly Project[]> {
    const query = { name: filter.name, domain_id: filter.domainId };
    return (await this.#keystone.list("/projects", "projects", query)).map(readProject);
  }

  async findUser(id: string): ReturnType<IdentityClient["findUser"]> {
    const user = await this.#keystone.find(`/users/${encodeURIComponent(id)}`, "user");
    return user && { id: user.text("id"), name: user.text("name"), isEnabled: user.flag("enabled") };
  }

  async rolesOf(userId: string, projectId: string): Promise<readonly string[]> {
    const assignments = await this.#keystone.list("/role_assignments", "role_assignments", {
      "user.id": userId,
      "scope.project.id": projectId,
      effective: "true",
      include_names: "true",
    });
    return [...new Set(assignments.map((assignment) => assignment.object("role").text("name")))];
  }

  async grantRole(userId: string, projectId: string, roleName: string): Promise<void> {
    const [role] = await this.#keystone.list("/roles", "roles", { name: roleName });
    if (!role) throw unknownRole(roleName);
    const grantee = `/projects/${encodeURIComponent(projectId)}/users/${encodeURIComponent(userId)}`;
    await this.#keystone.send({ method: "PUT", path: `${grantee}/roles/${encodeURIComponent(role.text("id"))}` });
  }
}

function readTrust(trust: Fields): Trust {
  return {
    id: trust.text("id"),
    trustorUserId: trust.text("trustor_user_id"),
    trusteeUserId: trust.text("trustee_user_id"),
    projectId: trust.optionalText("project_id"),
    expiresAt: trust.optionalText("expires_at"),
  };
}

function readProject(project: Fields): Project {
  return {
    id: project.text("id"),
    name: project.text("name"),
    domainId: project.text("domain_id"),
    isEnabled: project.flag("enabled"),
  };
}

function unknownRole(roleName: string): OutsideError {
  return new OutsideError({
    service: "keystone",
    call: "GET /roles",
    status: 200,
    detail: `there is no role named ${roleName}`,
    remoteRequestId: undefined,
    failureClass: "needs_operator",
    effect: "none",
  });
}
