import { expect } from "vitest";
import type { WorkingSites } from "../two-sites/working-sites.ts";
import type { SiteName } from "./events.ts";

/** What a history has brought so far. */
export interface Seen {
  readonly lost: Set<SiteName>;
  /** What ends each fault. */
  readonly faults: (() => void)[];
  /** Somebody has asked for a recovery without the other site: until both sites answer again, both may run. */
  isExcused: boolean;
}

/** Servers of a group's member that run, by site; copies of a test do not count. */
export function runningServers({ sites }: WorkingSites): ReadonlyMap<string, readonly SiteName[]> {
  const running = new Map<string, SiteName[]>();
  for (const name of ["site-a", "site-b"] as const) {
    const cloud = sites.world.cloud(name);
    for (const server of cloud.compute.servers.values()) {
      if (server.name.endsWith("-test") || !cloud.guests.find(server.id)?.isRunning) continue;
      running.set(server.name, [...(running.get(server.name) ?? []), name]);
    }
  }
  return running;
}

/** What must hold at any moment of any history. */
export function requireInvariants(here: WorkingSites, { isExcused }: Seen): void {
  const { sites } = here;
  // The world counts as a problem what destroys data: an overwritten volume that is connected, a test that writes to production.
  expect(sites.world.problems).toEqual([]);
  const broken = sites.events.filter(({ kind }) => kind === "operation_broken" || kind === "sweep_failed");
  expect(broken.map((event) => String((event as { error?: Error }).error?.stack))).toEqual([]);
  if (isExcused) return;
  const twice = [...runningServers(here)].filter(([, where]) => where.length > 1);
  expect({ twice }).toEqual({ twice: [] });
}
