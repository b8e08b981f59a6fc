import { join } from "node:path";
import { stringify } from "yaml";
import { Person } from "./person.ts";
import type { CloudLogin, Stage } from "./stage.ts";

/** A tenant of both clouds: a project and a member of it at each. */
export interface Tenancy {
  /** Prefix of everything that it has, also name of project and user. */
  readonly name: string;
  /** The member, whose near site is the first. */
  readonly member: Person;
  /** The administrator, whose near site is the first. */
  readonly admin: Person;
  /** Logins of the member, by site. */
  readonly logins: readonly [CloudLogin, CloudLogin];
}

const PASSWORD = "member-secret";

/** Makes project, user and role `member` at both sites, and a clouds.yaml with their logins. */
export async function makeTenancy(stage: Stage, name: string): Promise<Tenancy> {
  const [a, b] = stage.sites;
  const logins = [memberLogin(a.admin, name), memberLogin(b.admin, name)] as const;
  const cloudsFile = join(stage.shell.folder, `${name}.yaml`);
  const clouds = { [a.name]: logins[0], [b.name]: logins[1], "admin-a": a.admin, "admin-b": b.admin };
  stage.shell.writeFile(cloudsFile, stringify({ clouds }));
  const admin = new Person(stage.shell, { cloudsFile, near: "admin-a", far: "admin-b" });
  await Promise.all(
    [admin, admin.atTheOtherSite].map((who) =>
      who.openstack(
        ["project", "create", name],
        ["user", "create", name, "--password", PASSWORD],
        ["role", "add", "--project", name, "--user", name, "member"],
      ),
    ),
  );
  const member = new Person(stage.shell, { cloudsFile, near: a.name, far: b.name });
  return { name, member, admin, logins };
}

function memberLogin(admin: CloudLogin, name: string): CloudLogin {
  const auth = {
    auth_url: admin.auth.auth_url ?? "",
    username: name,
    password: PASSWORD,
    project_name: name,
    user_domain_name: "Default",
    project_domain_name: "Default",
  };
  return { ...admin, auth };
}
