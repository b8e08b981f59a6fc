import { doDuties } from "../../packages/server/src/engine/watch/duties.ts";
import type { TwoSites } from "./two-sites.ts";

/** By then every late call has arrived. */
const ALL_CALLS_IN_MS = 180_000;
const DUTY_PAUSE_MS = 30_000;
const LONGEST_DUTY_MS = 1_800_000;

/** Lets late calls arrive and the watches of site B do what is owed. */
export async function letRest(sites: TwoSites): Promise<void> {
  const until = sites.clock.now() + LONGEST_DUTY_MS;
  for (let wait = ALL_CALLS_IN_MS; ; wait = DUTY_PAUSE_MS) {
    await sites.clock.advance(wait);
    await sites.clock.run(doDuties(sites.ports(sites.b)));
    if (sites.clock.now() > until || !(await owesSomething(sites))) return;
  }
}

async function owesSomething({ b }: TwoSites): Promise<boolean> {
  const duty = await b.connection.db.selectFrom("duties").select("id").where("state", "=", "owed").executeTakeFirst();
  return duty !== undefined;
}
