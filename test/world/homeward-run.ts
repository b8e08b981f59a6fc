import type { WritingGroup } from "./failover-run.ts";

/** Orders the failover home without the site that the group runs at, as the API does; answers the operation's id. */
export function orderHomeward(
  { sites, group }: WritingGroup,
  parameters: Record<string, unknown> = {},
): Promise<string> {
  const wish = { type: "failover", mode: "unplanned", parameters: { as: "unplanned", ...parameters } } as const;
  return sites.order(sites.a, group.id, wish);
}

/** The group's row at a site. */
export function groupRow({ sites, group }: WritingGroup, site: "a" | "b") {
  return sites[site].connection.db
    .selectFrom("protection_groups")
    .selectAll()
    .where("id", "=", group.id)
    .executeTakeFirstOrThrow();
}

/** Servers of site A with everything that makes them who they are. */
export function identitiesAtHome({ sites }: WritingGroup) {
  return sites.world
    .cloud("site-a")
    .describe()
    .servers.map(({ id, name, ports, volumes, addresses }) => ({ id, name, ports, volumes, addresses }));
}

const LONGEST_MS = 3_600_000;

/** Lets an engine of site A bring an operation to its end. */
export function settleHome({ sites }: WritingGroup, operationId: string): Promise<string> {
  return sites.settle(sites.a, operationId, sites.engine(sites.a), LONGEST_MS);
}
