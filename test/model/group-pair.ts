import type { WorkingSites } from "../two-sites/working-sites.ts";
import type { TestSite } from "../world/test-site.ts";
import type { SiteName } from "./events.ts";

/** The two sites of the group, as the one that decided last has them. */
export interface GroupPair {
  readonly primary: TestSite;
  readonly peer: TestSite;
}

/** Of all sites' rows the one with the highest epoch counts; where there is no row any more, the first two sites. */
export async function groupPair({ all, sites }: WorkingSites): Promise<GroupPair> {
  const rows = await Promise.all(
    all.map(({ connection }) =>
      connection.db
        .selectFrom("protection_groups")
        .select(["epoch", "generation", "primary_site_id", "home_site_id", "peer_site_id"])
        .execute(),
    ),
  );
  const [newest] = rows.flat().sort((one, other) => other.epoch - one.epoch || other.generation - one.generation);
  if (!newest) return { primary: sites.a, peer: sites.b };
  const { primary_site_id: primary, home_site_id: home, peer_site_id: other } = newest;
  const siteOf = (id: string) => all.find((site) => site.id === id) ?? sites.a;
  return { primary: siteOf(primary), peer: siteOf(primary === home ? other : home) };
}

/** The site whose cloud a person names beside `near`: the group's other site; for a new second site the one outside. */
export async function farFrom(here: WorkingSites, near: SiteName, line: string): Promise<SiteName> {
  const { primary, peer } = await groupPair(here);
  const outside = here.all.find((site) => site !== primary && site !== peer);
  if (line.startsWith("pg replace-peer") && outside && outside.name !== near) return outside.name;
  return near === primary.name ? peer.name : primary.name;
}
