import { stringify } from "yaml";
import { PASSWORDS, REGION, SITES } from "./site.ts";

/** Text of `clouds.yaml`: an administrator and a plain member of each cloud. */
export function cloudsFileText(): string {
  const entries = Object.values(SITES).flatMap(({ name }) => [
    [name, entry(name, "admin", PASSWORDS.admin)] as const,
    [`${name}-demo`, entry(name, "demo", PASSWORDS.demo)] as const,
  ]);
  return stringify({ clouds: Object.fromEntries(entries) });
}

/** User and project have the same name. */
function entry(site: string, user: string, password: string) {
  return {
    auth: {
      auth_url: `http://${site}-controller:5000/v3`,
      username: user,
      password,
      project_name: user,
      user_domain_name: "Default",
      project_domain_name: "Default",
    },
    region_name: REGION,
    identity_api_version: 3,
    volume_api_version: 3,
  };
}
