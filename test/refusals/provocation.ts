import type { ErrorCode } from "@protector/contract";
import { activeGroup, type TestAnswer } from "../../packages/server/src/api/testing.ts";
import type { CliRun } from "../two-sites/command-line.ts";
import { type Harness, openHarness } from "../two-sites/harness.ts";
import { protectShop, protectSyncShop } from "../two-sites/protected-shop.ts";
import { openWorkingSites, type WorkingSettings, type WorkingSites } from "../two-sites/working-sites.ts";

/** How a person comes to read a code of the catalogue. */
export interface Provocation {
  /** Exit code of the command; for a request of no command, the HTTP status. */
  readonly ends: number;
  /** Words that name what was wrong, and where. */
  readonly says: string | RegExp;
  /** Brings it about, and answers what was printed. */
  provoke(): Promise<CliRun>;
}

/** One provocation for each code of a part of the catalogue: no code without one, and none for another code. */
export type Provocations<C extends ErrorCode> = Readonly<Record<C, Provocation>>;

/** Makes everything ready, then answers the command line that is refused, or what was printed already. */
type Ready<P> = (place: P) => Promise<string | CliRun>;

/**
 * By a command in front of two real APIs without engines, which have the group `shop`.
 * @param ready the command line, or what answers it.
 */
export function apis(ready: string | Ready<Harness>, ends: number, says: Provocation["says"]): Provocation {
  const provoke = async () => {
    const harness = await openHarness();
    await activeGroup(harness.sites);
    const line = typeof ready === "string" ? ready : await ready(harness);
    return typeof line === "string" ? harness.run(line) : line;
  };
  return { ends, says, provoke };
}

/** How the sites of a provocation differ from the usual ones. */
interface SitesWanted extends WorkingSettings {
  /** They have nothing but servers. */
  readonly isNew?: boolean;
  /** Provocations of one name have the same sites, one after the other: what one puts wrong stays wrong for the next. */
  readonly shared?: string;
}

const SHARED = new Map<string, Promise<WorkingSites>>();

/** By a command in front of two working sites, where `shop` protects db-01 and web-01. */
export function sites(
  ready: string | Ready<WorkingSites>,
  ends: number,
  says: Provocation["says"],
  { isNew = false, shared, ...engines }: SitesWanted = {},
): Provocation {
  const open = async () => {
    const here = await openWorkingSites(engines);
    if (!isNew) await (engines.isSync ? protectSyncShop : protectShop)(here);
    return here;
  };
  const provoke = async () => {
    const opened = (shared === undefined ? undefined : SHARED.get(shared)) ?? open();
    if (shared !== undefined) SHARED.set(shared, opened);
    const here = await opened;
    try {
      const line = typeof ready === "string" ? ready : await ready(here);
      return typeof line === "string" ? await here.run(line) : line;
    } finally {
      if (shared === undefined) await here.stop();
    }
  };
  return { ends, says, provoke };
}

/** To be called when the last provocation is over. */
export async function stopSharedSites(): Promise<void> {
  for (const here of SHARED.values()) await (await here).stop();
}

/** A refused request that no command sends, as a program of somebody else would read it. */
export function answered({ status, body }: Pick<TestAnswer<unknown>, "status" | "body">): CliRun {
  return { code: status, stdout: JSON.stringify(body), stderr: "" };
}

/** Run as the administrator of both sites. */
export const ADMIN = "--os-cloud admin-a --secondary-cloud admin-b";

/** Who types at site B, with site A as the other one. */
export const AT_B = "--os-cloud site-b --secondary-cloud site-a";

/** Lets an operation come to one of these statuses, then shows it. */
export async function shown(here: WorkingSites, line: string, ...statuses: readonly string[]): Promise<CliRun> {
  const started = await here.read<Started | readonly Started[]>(`${line} --no-wait`);
  const { id, site } = [started].flat()[0] ?? { id: "", site: "" };
  const { db } = (site === "site-a" ? here.sites.a : here.sites.b).connection;
  await here.until(`${line} is ${statuses.join(" or ")}`, async () => {
    const row = await db.selectFrom("dr_operations").select("status").where("id", "=", id).executeTakeFirstOrThrow();
    return statuses.includes(row.status);
  });
  return here.run(`operation show ${id}`);
}

interface Started {
  readonly id: string;
  readonly site: string;
}
