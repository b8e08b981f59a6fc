import { doDuties } from "../../packages/server/src/engine/watch/duties.ts";
import type { TestSite } from "./test-site.ts";
import type { TwoSites } from "./two-sites.ts";

/** By then every late call has arrived, and what a cloud does by itself is done. */
export const ALL_CALLS_IN_MS = 180_000;
const DUTY_PAUSE_MS = 30_000;
const LONGEST_DUTY_MS = 1_800_000;

/** Lets late calls arrive and the watches of a site, default B, do what is owed. */
export async function letRest(sites: TwoSites, site: TestSite = sites.b): Promise<void> {
  const until = sites.clock.now() + LONGEST_DUTY_MS;
  for (let wait = ALL_CALLS_IN_MS; ; wait = DUTY_PAUSE_MS) {
    await sites.clock.advance(wait);
    await sites.clock.run(doDuties(sites.ports(site)));
    if (sites.clock.now() > until || !(await owesSomething(site))) return;
  }
}

async function owesSomething({ connection }: TestSite): Promise<boolean> {
  const duty = await connection.db.selectFrom("duties").select("id").where("state", "=", "owed").executeTakeFirst();
  return duty !== undefined;
}
