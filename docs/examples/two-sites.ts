import { SiteClient, TwoSiteClient, webPorts } from "@protector/client";
import { keystoneSession } from "./keystone-session.ts";

/** Both sites, with the same account at each; addresses from the environment. */
export function twoSites(env: Readonly<Record<string, string | undefined>>): TwoSiteClient {
  const globalRequestId = `req-${crypto.randomUUID()}`;
  const siteOf = (name: string, authUrl: string | undefined) => {
    const { OS_USERNAME: username, OS_PASSWORD: password, OS_PROJECT_NAME: projectName } = env;
    if (!authUrl || !username || !password || !projectName) throw new Error("Set the variables of docs/sdk.md.");
    const session = keystoneSession({ name, authUrl, username, password, projectName });
    return new SiteClient({ session, ports: webPorts(), globalRequestId });
  };
  return new TwoSiteClient({
    near: siteOf("site-a", env.SITE_A_AUTH_URL),
    far: async () => siteOf("site-b", env.SITE_B_AUTH_URL),
  });
}
