import { expect } from "vitest";
import type { WorkingSites } from "../two-sites/working-sites.ts";
import { register } from "../world/test-site.ts";
import { MAP_ANEW, REASON, REPLACE_PEER, type Replaced, type SiteName } from "./events.ts";
import type { Seen } from "./invariants.ts";
import { typeAt } from "./live-through.ts";

/** Site C, which both sites know. */
export async function openThird(here: WorkingSites): Promise<void> {
  const { sites, clock } = here;
  const third = await here.openSpareSite();
  for (const site of [sites.a, sites.b])
    for (const [at, peer] of [
      [site, third],
      [third, site],
    ] as const)
      await clock.run(register(sites.world, at, peer));
}

/**
 * One of the two sites burns down and is given up: site C takes its place, with mappings of its own and a first copy of
 * everything. The servers run on at home, or have been recovered at the other site first.
 */
export async function replaceSite(here: WorkingSites, replaced: Replaced, seen: Seen): Promise<void> {
  const { a, b } = here.sites;
  const [left, lost] = replaced === "at_home" ? [a, b] : [b, a];
  const must = async (line: string) => {
    const { code, stdout, stderr } = await typeAt(here, line, left.name);
    expect(code, `${line}: ${stdout}\n${stderr}`).toBe(0);
  };
  here.destroy(lost);
  seen.lost.add(lost.name);
  await here.until(`${left.name} has missed ${lost.name}`, () => isMissed(here, { by: left.name, site: lost.id }));
  if (replaced === "away") {
    seen.isExcused = true;
    await must(`failover shop --unplanned --reason ${REASON} --yes --wait`);
  }
  await must(`${REPLACE_PEER.replace("BACKEND", "array-c")} --wait`);
  await must(MAP_ANEW);
  await must("pg replicate shop --wait");
}

async function isMissed(
  here: WorkingSites,
  { by, site }: { readonly by: SiteName; readonly site: string },
): Promise<boolean> {
  const row = await here
    .site(by)
    .connection.db.selectFrom("sites")
    .select("reachability")
    .where("id", "=", site)
    .executeTakeFirstOrThrow();
  return row.reachability === "unreachable";
}
