import type { WorkingSites } from "../two-sites/working-sites.ts";
import type { TestSite } from "../world/test-site.ts";

/** Longer than a trust outlives what needs it. ms */
const LATEST_MS = 1_200_000;

/**
 * Trusts at a Keystone that nothing in that site's database explains, rows of trusts that are gone, and trusts of a site
 * that has nothing left to do for anybody.
 */
export async function trustsAmiss(here: WorkingSites): Promise<readonly string[]> {
  const { all } = here;
  const idle: TestSite[] = [];
  for (const site of all) if (await isIdle(site)) idle.push(site);
  if (idle.length > 0) await here.clock.advance(LATEST_MS);
  const told = await Promise.all(all.map((site) => amissAt(here, site, idle.includes(site))));
  return told.flat();
}

async function amissAt({ sites }: WorkingSites, site: TestSite, isIdle: boolean): Promise<readonly string[]> {
  const { trusts } = sites.world.cloud(site.name).identity;
  const rows = await site.connection.db.selectFrom("trusts").selectAll().execute();
  const known = new Set(rows.map(({ trust_id }) => trust_id));
  const strange = [...trusts.keys()].filter((id) => !known.has(id));
  const gone = rows.filter(({ state, is_usable, trust_id }) => {
    return state === "made" && is_usable === 1 && !trusts.has(trust_id ?? "");
  });
  const kept = isIdle ? rows : [];
  return [
    ...strange.map((id) => `nothing explains ${site.name}: trust ${id}`),
    ...gone.map(({ trust_id }) => `${site.name} counts on trust ${trust_id}, which is gone`),
    ...kept.map(({ trust_id, state }) => `nothing needs ${site.name}: trust ${trust_id}, which is ${state}`),
  ];
}

/** Whether a site has no group, nothing to do and nothing owed. */
async function isIdle({ connection: { db } }: TestSite): Promise<boolean> {
  const groups = await db.selectFrom("protection_groups").select("id").where("deleted_at", "is", null).execute();
  const owed = await db.selectFrom("duties").select("id").where("state", "=", "owed").execute();
  return groups.length === 0 && owed.length === 0;
}
