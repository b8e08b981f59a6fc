import { type Cloud, connectCloud } from "@protector/openstack";
import type { SiteName } from "./test-site.ts";
import type { TwoSites } from "./two-sites.ts";

/** Who does something at a site himself, beside Protector. */
const PEOPLE = {
  tenant: { name: "demo", password: "labdemo" },
  admin: { name: "admin", password: "labadmin" },
} as const;

/** A person's own connection to a site's cloud. */
export function cloudAs({ world, clock, random }: TwoSites, site: SiteName, who: keyof typeof PEOPLE): Cloud {
  const { name, password } = PEOPLE[who];
  return connectCloud(
    {
      authUrl: world.cloud(site).authUrl,
      credential: {
        kind: "password",
        username: name,
        password,
        userDomainName: "Default",
        scope: { kind: "project", projectName: name, projectDomainName: "Default" },
      },
    },
    { transport: world.transport, clock, random },
  );
}
