import { seededRandom } from "@protector/ports";
import { seedServer } from "@protector/simulator";
import { arrayGroupName, markerName } from "@protector/storage";
import type { Kysely } from "kysely";
import { writeTime } from "../../packages/server/src/db/codecs.ts";
import type { Database } from "../../packages/server/src/db/schema.ts";
import { addMember, createGroup, cutPoint, mirrorPoint } from "../../packages/simulator/src/flasharray/groups.ts";
import type { StoredTransfer } from "../../packages/simulator/src/flasharray/objects.ts";
import { createVolume } from "../../packages/simulator/src/flasharray/volumes.ts";
import { createGroup as makeGroup, addMember as protectServer, run } from "../../test/world/protected-group.ts";
import type { TwoSites } from "../../test/world/two-sites.ts";

const ROWS_PER_INSERT = 500;

/** One real group: what all others are copies of. */
interface Template {
  readonly groupId: string;
  readonly epoch: number;
}

/**
 * Groups at home at site A, each with one volume, markers at both sites and `points` recovery points that have arrived. One is
 * made as a person makes it; of the others, rows and what the arrays have are written down as that one left them. They have
 * no servers of their own: what readiness asks about servers is not in them.
 */
export async function seedManyGroups(
  sites: TwoSites,
  { groups, points }: { readonly groups: number; readonly points: number },
): Promise<void> {
  const template = await seedTemplate(sites);
  const { db } = sites.a.connection;
  const random = seededRandom(11);
  for (let from = 1; from < groups; from += ROWS_PER_INSERT) {
    const ids = Array.from({ length: Math.min(ROWS_PER_INSERT, groups - from) }, () => random.uuid());
    await sites.clock.run(copyRows(sites, db, { template, ids, random, from }));
    for (const id of ids) onArrays(sites, { id, epoch: template.epoch, points });
  }
}

async function seedTemplate(sites: TwoSites): Promise<Template> {
  const { a, world } = sites;
  const { basics, project, user, web, front } = a.tenant;
  const { server } = seedServer(world.cloud("site-a"), {
    name: "first",
    owner: { project, user },
    flavor: basics.flavors.small,
    disks: [{ name: "first", sizeGiB: 8, type: basics.replicated }],
    nics: [{ on: front, securityGroups: [web] }],
  });
  const groupId = await makeGroup(sites, [], "group-0");
  await run(sites, a, groupId, { type: "group_create" });
  await protectServer(sites, groupId, { serverId: server.id, name: "first", tier: 0 });
  await run(sites, a, groupId, { type: "sync" });
  const { epoch } = await a.connection.db.selectFrom("protection_groups").select("epoch").executeTakeFirstOrThrow();
  return { groupId, epoch };
}

async function copyRows(
  { clock }: TwoSites,
  db: Kysely<Database>,
  of: {
    readonly template: Template;
    readonly ids: readonly string[];
    readonly random: { uuid(): string };
    readonly from: number;
  },
): Promise<void> {
  const { template, ids, random, from } = of;
  const inOrder = [...ids.entries()];
  const group = await db
    .selectFrom("protection_groups")
    .selectAll()
    .where("id", "=", template.groupId)
    .executeTakeFirstOrThrow();
  const { live_name: _, ...groupRow } = group as typeof group & { live_name?: unknown };
  const policy = await db
    .selectFrom("replication_policies")
    .selectAll()
    .where("protection_group_id", "=", template.groupId)
    .executeTakeFirstOrThrow();
  const sides = await db
    .selectFrom("consistency_groups")
    .selectAll()
    .where("protection_group_id", "=", template.groupId)
    .execute();
  const volume = await db.selectFrom("cg_volumes").selectAll().executeTakeFirstOrThrow();
  const now = writeTime(clock.now());
  await db
    .insertInto("protection_groups")
    .values(inOrder.map(([index, id]) => ({ ...groupRow, id, name: `group-${from + index}`, created_at: now })))
    .execute();
  await db
    .insertInto("replication_policies")
    .values(ids.map((id) => ({ ...policy, id: random.uuid(), protection_group_id: id })))
    .execute();
  const copies = ids.flatMap((id) =>
    sides.map((side) => ({ ...side, id: random.uuid(), protection_group_id: id, array_group: arrayGroupName(id) })),
  );
  await db.insertInto("consistency_groups").values(copies).execute();
  const here = copies.filter((copy) => copy.site_id === group.home_site_id);
  await db
    .insertInto("cg_volumes")
    .values(
      here.map((side) => ({
        ...volume,
        id: random.uuid(),
        consistency_group_id: side.id,
        volume_id: random.uuid(),
        array_volume: volumeOf(side.protection_group_id),
      })),
    )
    .execute();
}

function volumeOf(groupId: string): string {
  return `volume-${groupId}-cinder`;
}

/** Group, volume, markers and points as replication leaves them. */
function onArrays(
  { world, clock }: TwoSites,
  { id, epoch, points }: { readonly id: string; readonly epoch: number; readonly points: number },
): void {
  const [a, b] = [world.array("array-a").model.state, world.array("array-b").model.state];
  for (const array of [a, b]) createVolume(array, markerName({ groupId: id, epoch, holder: undefined }), 2 ** 20);
  const group = createGroup(a, arrayGroupName(id));
  addMember(group, createVolume(a, volumeOf(id), 8 * 2 ** 30));
  group.replicationSchedule.enabled = true;
  group.targets.set(b.name, { array: b.name, isAllowed: true, appearsAt: 0, hasAppeared: true });
  const replica = createGroup(b, `${a.name}:${group.name}`, { array: a.name, group: group.name });
  for (let age = points; age > 0; age -= 1) {
    const at = clock.now() - age * 60_000;
    const point = cutPoint(a, group, { suffix: undefined, isRetained: false, at });
    const transfer: StoredTransfer = {
      id: a.random.uuid(),
      target: b.name,
      bytes: 2 ** 20,
      durationMs: 1_000,
      isQueued: false,
      isScheduled: true,
      queuedAt: at,
      startedAt: at,
      completedAt: at + 1_000,
      elapsedMs: 1_000,
      since: at,
    };
    point.outgoing.push(transfer);
    mirrorPoint(b, replica, { point, incoming: transfer, from: a });
  }
}
