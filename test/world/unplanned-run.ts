import type { HttpTransport } from "@protector/ports";
import { readOptionalJson, writeJson, writeTime } from "../../packages/server/src/db/codecs.ts";
import { newOperationRow } from "../../packages/server/src/db/new-rows.ts";
import { createOperation } from "../../packages/server/src/db/repositories/operation-requests.ts";
import { groupOrder } from "../../packages/server/src/domain/group-orders.ts";
import { doDuties } from "../../packages/server/src/engine/watch/duties.ts";
import { watchMarkers } from "../../packages/server/src/engine/watch/markers.ts";
import { primaryMarkers } from "../watches/watched-site.ts";
import type { WritingGroup } from "./failover-run.ts";
import { operationRow } from "./test-run.ts";
import type { TestSite } from "./test-site.ts";

/** Why a person goes on without a fence, in tests. */
export const REASON = "site A burnt down this morning";

/** Orders an unplanned failover to site B as the API does; answers the operation's id. */
export function orderUnplanned(
  { sites, group }: WritingGroup,
  parameters: Record<string, unknown> = {},
): Promise<string> {
  const wish = { type: "failover", mode: "unplanned", parameters: { as: "unplanned", ...parameters } } as const;
  return sites.order(sites.b, group.id, wish);
}

/** The same as the API does it: whoever holds the group gives way for it. */
export async function displaceForUnplanned(
  { sites: { b, world }, group }: WritingGroup,
  parameters: Record<string, unknown> = {},
): Promise<string> {
  const { displaces = [] } = groupOrder({ failover: { mode: "unplanned" } }, b.id);
  const id = world.random.uuid();
  const row = newOperationRow({
    id,
    type: "failover",
    mode: "unplanned",
    protection_group_id: group.id,
    protection_group_name: "shop",
    project_id: b.projectId,
    user_id: b.tenant.user.id,
    site_id: b.id,
    parameters: writeJson({ as: "unplanned", ...parameters }),
    created_at: writeTime(world.clock.now()),
  });
  await createOperation(b.connection, { row, claimsGroup: true, displaces });
  return id;
}

/** Servers at the site that is left. */
export function sourceServers({ sites }: WritingGroup) {
  return sites.world.cloud("site-a").describe().servers;
}

/** Error of an operation, at site B when nothing else is said. */
export async function errorOf(of: WritingGroup, id: string, site = of.sites.b) {
  return readOptionalJson((await operationRow(of, id, site)).error);
}

/** Recovery points that the surviving site knows, oldest first. */
export function pointsAt({ sites, group }: WritingGroup) {
  return sites.b.connection.db
    .selectFrom("recovery_points")
    .selectAll()
    .where("protection_group_id", "=", group.id)
    .orderBy("cut_at")
    .execute();
}

/** How much of a site is gone. */
export type Loss = "control plane" | "all" | "black hole";

/** How a site comes back. */
export interface Return {
  /** Hypervisors start the guests that ran, before any service answers; only after its power was gone. */
  readonly resumeGuests: boolean;
}

/**
 * Takes a site away: its OpenStack services alone, everything with its power, or everything behind a network that swallows
 * what is sent. @returns what brings it back.
 */
export function lose(
  { sites }: WritingGroup,
  site: TestSite,
  loss: Loss,
  { resumeGuests }: Return = { resumeGuests: false },
): () => void {
  const { world } = sites;
  const array = site === sites.a ? "array-a" : "array-b";
  const fault = { kind: loss === "black hole" ? "lost_request" : "unreachable" } as const;
  const ends = [world.conditions.inject({ service: `${site.name}/`, fault })];
  if (loss !== "control plane") ends.push(world.conditions.inject({ service: array, fault }));
  if (loss === "all") {
    world.cloud(site.name).powerOff();
    ends.push(() => world.cloud(site.name).powerOn({ resumeGuests }));
  }
  return () => {
    for (const end of ends) end();
  };
}

/** Servers of a site whose guests run. */
export function running({ sites }: WritingGroup, name: TestSite["name"]): number {
  const cloud = sites.world.cloud(name);
  return [...cloud.compute.servers.values()].filter((server) => cloud.guests.find(server.id)?.isRunning).length;
}

/** Servers of site A that run and can reach their disks: both is needed to write. */
export function writingAtSource({ sites, group }: WritingGroup): number {
  const array = sites.world.array("array-a").model;
  return group.servers.filter(({ server, volumes }) => {
    const isConnected = volumes.some(({ providerId }) => (array.findVolume(providerId ?? "")?.hosts.length ?? 0) > 0);
    return sites.world.cloud("site-a").guest(server.id).isRunning && isConnected;
  }).length;
}

/** The world's transport; `look` is called right before site B is asked to create its first server. */
export function beforeFirstServer({ sites }: WritingGroup, look: () => void): HttpTransport {
  let isFirst = true;
  // All services of a simulated cloud listen on one host.
  const nova = new URL(sites.world.cloud("site-b").authUrl).hostname;
  return (request) => {
    const { hostname, pathname } = new URL(request.url);
    if (isFirst && request.method === "POST" && hostname === nova && /\/servers$/.test(pathname)) {
      isFirst = false;
      look();
    }
    return sites.world.transport(request);
  };
}

/**
 * Looks on while site B is asked for servers: answers, each time that one is asked for, how many servers of site A could
 * write then.
 */
export function writersAtEachStart(writing: WritingGroup): readonly number[] {
  const seen: number[] = [];
  writing.sites.world.conditions.inject({
    service: "site-b/nova",
    method: "POST",
    path: /\/servers$/,
    when: () => {
      seen.push(writingAtSource(writing));
      return false;
    },
    fault: { kind: "unreachable" },
  });
  return seen;
}

/** Kinds of what a site's database holds as owed. */
export async function owedAt(site: TestSite): Promise<readonly string[]> {
  const rows = await site.connection.db.selectFrom("duties").select("kind").where("state", "=", "owed").execute();
  return rows.map(({ kind }) => kind).sort();
}

const MOST_ROUNDS = 40;

/** Lets the watches of both sites work, as their engines do, until nobody owes anything and both say the same. */
export async function letBothSitesRest(writing: WritingGroup): Promise<void> {
  const { sites } = writing;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    for (const site of [sites.a, sites.b]) {
      await sites.clock.run(watchMarkers(sites.ports(site)));
      await sites.clock.run(doDuties(sites.ports(site)));
    }
    const owed = [...(await owedAt(sites.a)), ...(await owedAt(sites.b))];
    const { isLevel } = await primaryMarkers(sites, writing.group.id);
    if (owed.length === 0 && isLevel) return;
    // At first so long that every late call has arrived.
    await sites.clock.advance(round === 0 ? 180_000 : 30_000);
  }
}
