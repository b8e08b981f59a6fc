import { type SeededNetwork, type SeededServer, seedNetwork, seedServer } from "@protector/simulator";
import { arrayGroupName } from "@protector/storage";
import { flag, writeJson, writeTime } from "../../packages/server/src/db/codecs.ts";
import { captureServer } from "../../packages/server/src/engine/world/capture.ts";
import { openSite } from "../../packages/server/src/engine/world/group-access.ts";
import { loadGroup } from "../../packages/server/src/engine/world/group-view.ts";
import type { SiteAccess } from "../../packages/server/src/engine/world/site-access.ts";
import { carry, createGroup, type Mapping, run } from "../../test/world/protected-group.ts";
import { enginePorts } from "../../test/world/site-engine.ts";
import type { TestSite } from "../../test/world/test-site.ts";
import type { TwoSites } from "../../test/world/two-sites.ts";

const TIERS = 3;

/**
 * A protected group of `count` running servers in three tiers. Every second one has two volumes, every third two ports.
 * Rows are written as `member_add` leaves them, descriptions are captured by the engine's own code.
 * @returns the group's id, known to both sites.
 */
export async function seedGroup(sites: TwoSites, count: number): Promise<string> {
  return seedGroupOn(sites, seedWideNetworks(sites), { name: "shop", count });
}

/** Networks at both sites, as wide as any number of members needs. */
export interface WideNetworks {
  readonly here: readonly SeededNetwork[];
  readonly there: readonly SeededNetwork[];
}

export function seedWideNetworks(sites: TwoSites): WideNetworks {
  return { here: seedNetworks(sites, sites.a), there: seedNetworks(sites, sites.b) };
}

/** The same on networks that many groups share. */
export async function seedGroupOn(
  sites: TwoSites,
  { here, there }: WideNetworks,
  { name, count }: { readonly name: string; readonly count: number },
): Promise<string> {
  const { a, b } = sites;
  const groupId = await createGroup(
    sites,
    here.flatMap((network, index) => mapped(network, there[index])),
    name,
  );
  await run(sites, a, groupId, { type: "group_create" });
  const servers = Array.from({ length: count }, (_, index) => again(() => seedMember(sites, here, index)));
  await sites.clock.run(insertMembers(sites, groupId, servers));
  await run(sites, a, groupId, { type: "sync" });
  await carry(sites, a, b, groupId);
  return groupId;
}

/** Neutron's MAC addresses are random in 24 bits: of thousands, two are the same now and then. */
function again<T>(work: () => T): T {
  for (let tries = 1; ; tries += 1) {
    try {
      return work();
    } catch (error) {
      if (tries === 5 || !/mac address/.test(String(error))) throw error;
    }
  }
}

/** Wide enough for every member. */
function seedNetworks({ world }: TwoSites, site: TestSite): readonly SeededNetwork[] {
  const { project } = site.tenant;
  return ["10.30.0.0/16", "10.40.0.0/16"].map((cidr, index) =>
    seedNetwork(world.cloud(site.name), { name: `wide-${index}`, project, cidr }),
  );
}

function mapped(from: SeededNetwork, to: SeededNetwork | undefined): readonly Mapping[] {
  if (!to) return [];
  return [
    ["network", from.network.id, to.network.id],
    ["subnet", from.subnet.id, to.subnet.id],
  ];
}

function seedMember({ a, world }: TwoSites, networks: readonly SeededNetwork[], index: number): SeededServer {
  const { basics, project, user, web, keyName } = a.tenant;
  const name = `server-${index}`;
  const disks = Array.from({ length: 1 + (index % 2) }, (_, disk) => ({
    name: `${name}-${disk}`,
    sizeGiB: 8,
    type: basics.replicated,
  }));
  const nics = networks.slice(0, index % 3 === 0 ? 2 : 1).map((on) => ({ on, securityGroups: [web] }));
  return seedServer(world.cloud("site-a"), {
    name,
    owner: { project, user },
    flavor: basics.flavors.small,
    disks,
    nics,
    keyName,
    metadata: { role: name },
  });
}

async function insertMembers(sites: TwoSites, groupId: string, servers: readonly SeededServer[]): Promise<void> {
  const { a } = sites;
  const access = await accessOf(sites, groupId);
  await access.array.setMembers(
    arrayGroupName(groupId),
    servers.flatMap(({ volumes }) => volumes.map((volume) => volume.providerId ?? "")),
  );
  for (const [position, { server }] of servers.entries()) {
    const { description, refusals } = await captureServer(access, server.id);
    if (!description || refusals.length > 0) throw new Error(`${server.name}: ${JSON.stringify(refusals)}`);
    const now = writeTime(sites.clock.now());
    await a.connection.db
      .insertInto("pg_members")
      .values({
        id: sites.random.uuid(),
        protection_group_id: groupId,
        position,
        name: server.name,
        status: "protected",
        home_server_id: server.id,
        peer_server_id: null,
        tier: position % TIERS,
        depends_on: writeJson([]),
        delay_seconds: 0,
        is_critical: flag(false),
        user_data: "drop",
        description: writeJson(description),
        captured_at: now,
        error: null,
        created_at: now,
        updated_at: now,
      })
      .execute();
  }
  await access.array.close();
}

async function accessOf(sites: TwoSites, groupId: string): Promise<SiteAccess> {
  const { a, world, events, clock } = sites;
  const ports = enginePorts(world, a, events, { clock });
  const view = await loadGroup(a.connection, groupId);
  const request = { view, transport: world.transport, userId: a.tenant.user.id, requestId: "req-bench" };
  return openSite(ports, request, a.id);
}
