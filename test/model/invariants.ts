import { expect } from "vitest";
import type { WorkingSites } from "../two-sites/working-sites.ts";
import type { AcknowledgedWrites } from "./acknowledged-writes.ts";
import type { SiteName } from "./events.ts";
import { secretsTold } from "./secrets-told.ts";
import { trustsAmiss } from "./trusts-kept.ts";
import { unexplained } from "./unexplained.ts";

/** What a history has brought so far. */
export interface Seen {
  readonly lost: Set<SiteName>;
  /** What ends each fault. */
  readonly faults: (() => void)[];
  /** Somebody has asked for a recovery without the other site: until both sites answer again, both may run. */
  isExcused: boolean;
  /** What was there before anything was protected. */
  readonly before: ReadonlySet<string>;
  readonly writes: AcknowledgedWrites;
  /** Highest epoch and generation of each group at each site. */
  readonly versions: Map<string, Version>;
}

interface Version {
  readonly epoch: number;
  readonly generation: number;
}

/** Servers of a group's member that run, by site; copies of a test do not count. */
export function runningServers({ sites, all }: WorkingSites): ReadonlyMap<string, readonly SiteName[]> {
  const running = new Map<string, SiteName[]>();
  for (const { name } of all) {
    const cloud = sites.world.cloud(name);
    for (const server of cloud.compute.servers.values()) {
      if (server.name.endsWith("-test") || !cloud.guests.find(server.id)?.isRunning) continue;
      running.set(server.name, [...(running.get(server.name) ?? []), name]);
    }
  }
  return running;
}

/** What must hold at any moment of any history. */
export async function requireInvariants(here: WorkingSites, { isExcused, versions }: Seen): Promise<void> {
  const { sites } = here;
  // The world counts as a problem what destroys data: an overwritten volume that is connected, a test that writes to production.
  expect(sites.world.problems).toEqual([]);
  const broken = sites.events.filter(({ kind }) => kind === "operation_broken" || kind === "sweep_failed");
  expect(broken.map((event) => String((event as { error?: Error }).error?.stack))).toEqual([]);
  await requireRisingVersions(here, versions);
  if (isExcused) return;
  const twice = [...runningServers(here)].filter(([, where]) => where.length > 1);
  expect({ twice }).toEqual({ twice: [] });
}

/** What people decided of a group is never older than it was: a higher epoch counts first. */
async function requireRisingVersions({ all }: WorkingSites, versions: Map<string, Version>): Promise<void> {
  for (const { name, connection } of all) {
    const groups = await connection.db.selectFrom("protection_groups").select(["id", "epoch", "generation"]).execute();
    for (const { id, epoch, generation } of groups) {
      const key = `${name} ${id}`;
      const last = versions.get(key) ?? { epoch: 0, generation: 0 };
      const isOlder = epoch < last.epoch || (epoch === last.epoch && generation < last.generation);
      expect({ site: name, isOlder, last, now: { epoch, generation } }).toMatchObject({ isOlder: false });
      versions.set(key, { epoch, generation });
    }
  }
}

/** Groups that more than one site believes to be primary of. */
async function severalPrimaries({ all }: WorkingSites): Promise<readonly string[]> {
  const believing = new Map<string, SiteName[]>();
  for (const { id: siteId, name, connection } of all) {
    const groups = await connection.db
      .selectFrom("protection_groups")
      .select("id")
      .where("primary_site_id", "=", siteId)
      .where("deleted_at", "is", null)
      .execute();
    for (const { id } of groups) believing.set(id, [...(believing.get(id) ?? []), name]);
  }
  return [...believing]
    .filter(([, names]) => names.length > 1)
    .map(([id, names]) => `${names.join(" and ")} each believe to be primary of ${id}`);
}

/** What must hold when everybody has come to rest. */
export async function requireNothingLeft(here: WorkingSites, { before, writes }: Seen): Promise<void> {
  const [left, told, lost] = [await unexplained(here, before), await secretsTold(here), await writes.lost()];
  const what = [...left, ...told, ...lost, ...(await trustsAmiss(here)), ...(await severalPrimaries(here))];
  expect(what, what.join("\n")).toEqual([]);
}
